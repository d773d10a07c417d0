# PINet with the keypoints of COCO: its codec's `skeleton` tells the head which
# there are, their links and sigmas.
_base_ = './hrnet-w32.py'

codec = dict(
    type='PartSPR',
    input_size=(512, 512),
    heatmap_size=(128, 128),
    parts='part-large',
    skeleton='coco')

model = dict(
    head=dict(
        type='PINetHead',
        in_channels=480,
        decoder=codec,
        refinement=dict(type='PoseRefinement', num_layers=3, graph='dynamic'),
        post_processor=dict(type='PoseFusion', oks_thr=0.7),
        heatmap_loss=dict(type='KeypointMSELoss', use_target_weight=True),
        displacement_loss=dict(
            type='SoftWeightSmoothL1Loss',
            use_target_weight=True,
            supervise_empty=False,
            beta=1 / 9,
            loss_weight=0.03),
        refine_loss=dict(
            type='SoftWeightSmoothL1Loss',
            use_target_weight=True,
            supervise_empty=False,
            beta=1 / 9,
            loss_weight=0.03)))

# a training pipeline ends with them
targets = [
    dict(type='GenerateTarget', encoder=codec),
    dict(type='BottomupCrowdMask'),
    dict(type='PackPoseInputs'),
]
