_base_ = [
    '../_base_/settings/coco.py',
    '../_base_/models/pinet_hrnet-w32.py',
]

model = dict(head=dict(refinement=dict(num_layers=2)))

train_pipeline = [*_base_.augmentation, *_base_.targets]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
