_base_ = [
    '../_base_/settings/crowdpose.py',
    '../_base_/models/dekr_hrnet-w32.py',
]

model = dict(
    head=dict(num_keypoints=14, displacement_loss=dict(loss_weight=0.004)))

train_pipeline = [*_base_.augmentation, *_base_.targets]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
