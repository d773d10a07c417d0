# A small PINet for photographs at 256 px, on a CPU too. Its data:
# python tools/dataset_converters/shrink_coco.py data/coco data/coco_256
_base_ = './pinet_hrnet-tiny_drawn-crowd.py'

train_cfg = dict(max_epochs=6, val_interval=6)
param_scheduler = _base_.param_scheduler
param_scheduler[1].T_max = 6
optim_wrapper = dict(optimizer=dict(lr=1e-3))

# depthwise convolutions are slow in the channels-last memory format
custom_hooks = [dict(type='SyncBuffersHook')]

# persons are small at this size
codec = dict(_base_.codec, min_instance_area=200)

model = dict(
    backbone=dict(
        _delete_=True,
        type='MobileNetV2',
        out_indices=(1, 2, 4, 7),  # strides 4, 8, 16, 32
        # a few thousand photographs teach the early layers nothing, and
        # without them a step takes half the time
        frozen_stages=4,
        init_cfg=dict(type='Pretrained', checkpoint='mmcls://mobilenet_v2')),
    neck=dict(
        type='ConcatFPN',
        in_channels=[24, 32, 96, 1280],
        out_channels=32,
        num_outs=4),
    head=dict(in_channels=128, decoder=codec))

train_pipeline = _base_.train_pipeline
train_pipeline[1] = dict(
    type='BottomupRandomAffine',
    input_size=_base_.input_size,
    rotate_factor=20,
    scale_factor=(0.75, 1.25),
    scale_type='short',
    shift_factor=0.1,
    distribution='uniform')
train_pipeline[-3].encoder = codec  # of GenerateTarget

data = dict(data_root='data/coco_256/')
train_dataloader = dict(
    batch_size=8, dataset=dict(pipeline=train_pipeline, **data))
val_dataloader = dict(dataset=data)
test_dataloader = val_dataloader

# frozen weights are marked after the model is wrapped for several processes
find_unused_parameters = True

# two processes with 8 images each
auto_scale_lr = dict(base_batch_size=16)
