# A slim PINet for a crowd that is drawn: shows on two CPU cores, in minutes,
# that it learns.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/pinet_hrnet-w32.py',
    '../_base_/coco_keypoints.py',
    '../_base_/bottomup_512x512.py',
]

train_cfg = dict(max_epochs=6, val_interval=6)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=2e-3))

param_scheduler = [
    dict(
        type='CosineAnnealingLR',
        T_max=6,
        eta_min=1e-5,
        by_epoch=True,
        convert_to_iter_based=True)
]

auto_scale_lr = dict(base_batch_size=16)

default_hooks = dict(
    logger=dict(interval=20),
    checkpoint=dict(interval=6, save_best='coco/AP', rule='greater'))

input_size = (256, 256)

codec = dict(
    type='PartSPR',
    input_size=input_size,
    heatmap_size=(64, 64),
    parts='part-large',
    skeleton=_base_.skeleton)

model = dict(
    backbone=dict(
        extra=dict(
            stage1=dict(num_blocks=(1, ), num_channels=(32, )),
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
        num_keypoints=_base_.num_keypoints,
        decoder=codec,
        refinement=dict(skeleton=_base_.skeleton),
        post_processor=dict(sigmas=_base_.sigmas)))

train_pipeline = [
    dict(type='LoadImage'),
    dict(
        type='BottomupRandomAffine',
        input_size=input_size,
        rotate_factor=30,
        scale_factor=(0.75, 1.5),
        shift_factor=40 / 512,
        distribution='uniform'),
    dict(type='RandomFlip', direction='horizontal', prob=0.5),
    dict(type='BottomupBoxArea'),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='BottomupCrowdMask'),
    dict(type='PackPoseInputs'),
]
val_pipeline = [
    dict(type='LoadImage'),
    dict(
        type='BottomupResize',
        input_size=input_size,
        size_factor=64,
        resize_mode='expand'),
    _base_.val_pipeline[-1],
]

dataset_type = 'CocoDataset'
data_root = 'data/drawn_crowd/'

train_dataloader = dict(
    batch_size=16,
    num_workers=1,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/train.json',
        data_prefix=dict(img='train/'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=16,
    num_workers=1,
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
