# PINet at full size (Sec. 4.2) for data of one's own: what the configs for
# OCHuman, CrowdPose and COCO are, less their data.
_base_ = ['./schedule_140e.py', './models/pinet_hrnet-w32.py']

train_pipeline = [*_base_.augmentation, *_base_.targets]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
