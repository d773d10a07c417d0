_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/pinet_hrnet-w32.py',
    '../_base_/coco_keypoints.py',
    '../_base_/bottomup_512x512.py',
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

# The paper's batch of 40: 8 GPUs with 5 each.
auto_scale_lr = dict(base_batch_size=40)

default_hooks = dict(checkpoint=dict(save_best='coco/AP', rule='greater'))

codec = dict(
    type='PartSPR',
    input_size=(512, 512),
    heatmap_size=(128, 128),
    parts='part-large',
    skeleton=_base_.skeleton)

model = dict(
    head=dict(
        num_keypoints=_base_.num_keypoints,
        decoder=codec,
        refinement=dict(skeleton=_base_.skeleton, num_layers=2),
        post_processor=dict(sigmas=_base_.sigmas)))

train_pipeline = [
    *_base_.augmentation,
    dict(type='GenerateTarget', encoder=codec),
    dict(type='BottomupCrowdMask'),
    dict(type='PackPoseInputs'),
]

data_root = 'data/coco/'

train_dataloader = dict(
    batch_size=5,
    dataset=dict(
        type='LabelledCocoDataset',
        # images with at most 10 labelled keypoints are left out
        filter_cfg=dict(min_labelled_keypoints=11),
        data_root=data_root,
        ann_file='annotations/person_keypoints_train2017.json',
        data_prefix=dict(img='train2017/'),
        pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(
        type='CocoDataset',
        data_root=data_root,
        ann_file='annotations/person_keypoints_val2017.json',
        data_prefix=dict(img='val2017/')))
test_dataloader = val_dataloader
