_base_ = '../schedule_140e.py'

train_cfg = dict(max_epochs=300, val_interval=20)

param_scheduler = [
    dict(_base_.param_scheduler[0], end=300, milestones=[200, 260])
]

# The paper's batch of 40: 8 GPUs with 5 each.
auto_scale_lr = dict(base_batch_size=40)

default_hooks = dict(checkpoint=dict(save_best='crowdpose/AP'))

dataset_type = 'CheckedCrowdPoseDataset'
data_root = 'data/crowdpose/'

train_dataloader = dict(
    batch_size=5,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/mmpose_crowdpose_trainval.json',
        data_prefix=dict(img='images/')))
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
