_base_ = [
    '../_base_/settings/ochuman.py',
    '../_base_/models/cid_hrnet-w32.py',
]

train_pipeline = [*_base_.augmentation, *_base_.targets]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

val_evaluator = dict(nms_mode='oks_nms', nms_thr=0.8)
test_evaluator = val_evaluator
