# PINet at full size (Sec. 4.2): what the configs for OCHuman, COCO and
# CrowdPose share. Keypoints are COCO's, the schedule is that of OCHuman and
# COCO; CrowdPose's config replaces both.
_base_ = [
    './default_runtime.py',
    './pinet_hrnet-w32.py',
    './bottomup_512x512.py',
]

train_cfg = dict(max_epochs=140, val_interval=10)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-3))

param_scheduler = [
    dict(
        type='MultiStepLR',
        begin=0,
        end=140,
        milestones=[90, 120],
        gamma=0.1,
        by_epoch=True)
]

# Batch norms see the pictures of all GPUs: one GPU alone has only 3 or 5.
# SyncBatchNorm works on GPUs only, and tools/ drop this key on CPU.
sync_bn = 'torch'

custom_hooks = [dict(type='ChannelsLastHook')]

default_hooks = dict(checkpoint=dict(save_best='coco/AP', rule='greater'))

codec = dict(
    type='PartSPR',
    input_size=(512, 512),
    heatmap_size=(128, 128),
    parts='part-large',
    skeleton='coco')

model = dict(head=dict(decoder=codec))

train_pipeline = [
    *_base_.augmentation,
    dict(type='GenerateTarget', encoder=codec),
    dict(type='BottomupCrowdMask'),
    dict(type='PackPoseInputs'),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

# Scales 1, 0.5 and 2, for the configs named `*_multiscale.py`
multiscale_model = dict(
    data_preprocessor=dict(type='PyramidDataPreprocessor'),
    test_cfg=dict(multiscale_test=True))
multiscale_pipeline = [
    _base_.val_pipeline[0],
    dict(_base_.val_pipeline[1], aug_scales=[0.5, 2]),
    dict(_base_.val_pipeline[2], type='PackPyramidInputs'),
]
