_base_ = [
    '../_base_/settings/crowdpose.py',
    '../_base_/models/spm_hrnet-w32.py',
]

codec = dict(_base_.codec, skeleton='crowdpose', min_instance_area=0)
model = dict(head=dict(decoder=codec))
targets = _base_.targets
targets[0].encoder = codec  # of GenerateTarget

train_pipeline = [*_base_.augmentation, *targets]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
