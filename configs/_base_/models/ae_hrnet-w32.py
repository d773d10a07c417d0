# Associative embedding on HRNet: heatmaps, and tags that group keypoints.
_base_ = './hrnet-w32.py'

codec = dict(
    type='HigherAssociativeEmbedding',
    input_size=(512, 512),
    heatmap_size=(128, 128),
    sigma=2,
    # from the head and the torso to the limbs
    decode_keypoint_order=[
        0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16
    ],
    decode_topk=30,
    decode_max_instances=30)

model = dict(
    # the finest map alone
    backbone=dict(extra=dict(stage4=dict(multiscale_output=False))),
    head=dict(
        type='AEHead',
        in_channels=32,
        num_keypoints=17,
        keypoint_loss=dict(type='KeypointMSELoss'),
        tag_loss=dict(type='AssociativeEmbeddingLoss', loss_weight=0.001),
        decoder=dict(codec, heatmap_size=codec['input_size'])))

targets = [
    dict(type='GenerateTarget', multilevel=True, encoder=[codec]),
    dict(type='BottomupCrowdMask'),
    dict(type='PackPoseInputs'),
]
