# How models of full size are trained and tested (Sec. 4.2): the setting that
# PINet and other authors' models share. The schedule is that of OCHuman and
# COCO; CrowdPose replaces it.
_base_ = [
    './default_runtime.py',
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

# Scales 1, 0.5 and 2, for the configs named `*_multiscale.py`
multiscale_model = dict(
    data_preprocessor=dict(type='PyramidDataPreprocessor'),
    test_cfg=dict(multiscale_test=True))
multiscale_pipeline = [
    _base_.val_pipeline[0],
    dict(_base_.val_pipeline[1], aug_scales=[0.5, 2]),
    dict(_base_.val_pipeline[2], type='PackPyramidInputs'),
]
