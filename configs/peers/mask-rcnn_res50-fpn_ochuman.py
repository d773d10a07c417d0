_base_ = '../_base_/settings/ochuman.py'

# Mask R-CNN's keypoint head, by torchvision's model, on PINet's data. Its
# optimizer is the published one, whose learning rate is for 16 pictures.
model = dict(
    type='KeypointRCNNEstimator',
    num_keypoints=17,
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'))

auto_scale_lr = dict(base_batch_size=16)
optim_wrapper = dict(
    optimizer=dict(
        _delete_=True, type='SGD', lr=0.02, momentum=0.9, weight_decay=1e-4))
param_scheduler = [
    dict(
        type='LinearLR', begin=0, end=1000, start_factor=1e-3, by_epoch=False),
    *_base_.param_scheduler,
]

# the hook of PINet's configs looks for a backbone of MMPose
custom_hooks = []

train_pipeline = [*_base_.augmentation, dict(type='PackPoseInputs')]
train_dataloader = dict(batch_size=2, dataset=dict(pipeline=train_pipeline))

# a person's score is its box's, and the network has an NMS of its own
val_evaluator = dict(score_mode='bbox')
test_evaluator = val_evaluator
