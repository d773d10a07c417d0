# A slim PINet for a crowd that is drawn: shows on two CPU cores, in minutes,
# that it learns.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/models/pinet_hrnet-w32.py',
    '../_base_/bottomup_512x512.py',
]

train_cfg = dict(max_epochs=3, val_interval=3)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=2e-3))

param_scheduler = [
    dict(type='LinearLR', begin=0, end=50, start_factor=0.05, by_epoch=False),
    dict(
        type='CosineAnnealingLR',
        T_max=3,
        eta_min=1e-5,
        by_epoch=True,
        convert_to_iter_based=True)
]

# two processes with 4 images each
auto_scale_lr = dict(base_batch_size=8)

default_hooks = dict(
    logger=dict(interval=25), checkpoint=dict(interval=1, max_keep_ckpts=1))
custom_hooks = [dict(type='SyncBuffersHook'), dict(type='ChannelsLastHook')]

input_size = (256, 256)

codec = dict(
    type='PartSPR',
    input_size=input_size,
    heatmap_size=(64, 64),
    parts='part-large',
    skeleton='coco')

model = dict(
    backbone=dict(
        extra=dict(
            stage1=dict(num_blocks=(1, ), num_channels=(16, )),
            stage2=dict(num_blocks=(2, 2), num_channels=(16, 32)),
            stage3=dict(
                num_modules=1, num_blocks=(2, 2, 2),
                num_channels=(16, 32, 64)),
            stage4=dict(
                num_modules=1,
                num_blocks=(2, 2, 2, 2),
                num_channels=(16, 32, 64, 128))),
        init_cfg=None),
    head=dict(
        in_channels=240,
        decoder=codec,
        # The schedule is short: poses weigh more against heatmaps than the
        # paper's 0.03, and refinement sees fewer poses than its 40.
        displacement_loss=dict(loss_weight=0.1),
        refine_loss=dict(loss_weight=0.1)),
    train_cfg=dict(refine_samples=6))

# The drawn crowd varies by itself, so that flipping is enough.
train_pipeline = [
    dict(type='LoadOrientedImage'),
    dict(
        type='BottomupRandomAffine',
        input_size=input_size,
        rotate_prob=0,
        scale_prob=0,
        shift_prob=0),
    dict(type='RandomFlip', direction='horizontal', prob=0.5),
    dict(type='BottomupBoxArea'),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='BottomupCrowdMask'),
    dict(type='PackPoseInputs'),
]
val_pipeline = [
    dict(type='LoadOrientedImage'),
    dict(
        type='BottomupBoundedResize',
        input_size=input_size,
        size_factor=64,
        resize_mode='expand'),
    _base_.val_pipeline[-1],
]

dataset_type = 'CheckedCocoDataset'
data_root = 'data/drawn_crowd/'

train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/train.json',
        data_prefix=dict(img='train/'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=16,
    # workers take longer to end than small images to load
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/val.json',
        data_prefix=dict(img='val/'),
        pipeline=val_pipeline))
test_dataloader = val_dataloader

# AP of easy, medium and hard images, by their crowdIndex
val_evaluator = dict(iou_type='keypoints_crowd')
test_evaluator = val_evaluator
