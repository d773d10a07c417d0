_base_ = [
    '../_base_/settings/coco.py',
    '../_base_/models/higherhrnet_hrnet-w32.py',
]

train_pipeline = [*_base_.augmentation, *_base_.targets]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

# a person's score is that of the keypoints that were grouped, refined or not
val_evaluator = dict(score_mode='bbox')
test_evaluator = val_evaluator
