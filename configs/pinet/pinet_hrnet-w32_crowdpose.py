_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/pinet_hrnet-w32.py',
    '../_base_/crowdpose_keypoints.py',
    '../_base_/bottomup_512x512.py',
]

train_cfg = dict(max_epochs=300, val_interval=20)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-3))

param_scheduler = [
    dict(
        type='MultiStepLR',
        begin=0,
        end=300,
        milestones=[200, 260],
        gamma=0.1,
        by_epoch=True)
]

# The paper's batch of 40: 8 GPUs with 5 each.
auto_scale_lr = dict(base_batch_size=40)

default_hooks = dict(checkpoint=dict(save_best='crowdpose/AP', rule='greater'))

codec = dict(
    type='PartSPR',
    input_size=(512, 512),
    heatmap_size=(128, 128),
    parts='part-large',
    skeleton=_base_.skeleton,
    # on CrowdPose small persons are trained as well
    min_instance_area=0)

model = dict(
    head=dict(
        num_keypoints=_base_.num_keypoints,
        decoder=codec,
        refinement=dict(skeleton=_base_.skeleton),
        post_processor=dict(sigmas=_base_.sigmas)))

train_pipeline = [
    *_base_.augmentation,
    dict(type='GenerateTarget', encoder=codec),
    dict(type='BottomupCrowdMask'),
    dict(type='PackPoseInputs'),
]

dataset_type = 'CrowdPoseDataset'
data_root = 'data/crowdpose/'

train_dataloader = dict(
    batch_size=5,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/mmpose_crowdpose_trainval.json',
        data_prefix=dict(img='images/'),
        pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/mmpose_crowdpose_test.json',
        data_prefix=dict(img='images/')))
test_dataloader = val_dataloader

# AP of easy, medium and hard images; CrowdPose annotates no area
val_evaluator = dict(
    iou_type='keypoints_crowd', use_area=False, prefix='crowdpose')
test_evaluator = val_evaluator
