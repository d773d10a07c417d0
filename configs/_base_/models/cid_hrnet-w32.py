# MMPose's CID. Its candidates pass the NMS of the evaluator, as published:
# a config with it says `nms_mode='oks_nms'` there.
_base_ = './hrnet-w32.py'

codec = dict(
    type='DecoupledHeatmap', input_size=(512, 512), heatmap_size=(128, 128))

model = dict(
    neck=dict(type='FeatureMapProcessor', concat=True),
    head=dict(
        type='CIDHead',
        in_channels=480,
        num_keypoints=17,
        gfd_channels=32,
        coupled_heatmap_loss=dict(type='FocalHeatmapLoss', loss_weight=1.0),
        decoupled_heatmap_loss=dict(type='FocalHeatmapLoss', loss_weight=4.0),
        contrastive_loss=dict(
            type='InfoNCELoss', temperature=0.05, loss_weight=1.0),
        decoder=codec),
    train_cfg=dict(max_train_instances=200),
    test_cfg=dict(shift_heatmap=False, align_corners=False))

# a process whose pictures show nobody decouples no person: the others would
# wait for these weights' gradients for ever
find_unused_parameters = True

targets = [
    dict(type='GenerateTarget', encoder=codec),
    dict(type='BottomupCrowdMask'),
    dict(type='PackPoseInputs'),
]
