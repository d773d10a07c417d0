_base_ = [
    '../_base_/settings/coco.py',
    '../_base_/models/dekr_hrnet-w32.py',
]

train_pipeline = [*_base_.augmentation, *_base_.targets]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
