_base_ = [
    '../_base_/settings/ochuman.py',
    '../_base_/models/spm_hrnet-w32.py',
]

train_pipeline = [*_base_.augmentation, *_base_.targets]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
