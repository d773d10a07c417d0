# Learns from three sets at once, and is tested on each. Its body has COCO's
# keypoints and the two that only CrowdPose has; what a set does not label
# teaches nothing there.
_base_ = [
    '../_base_/settings/coco.py',
    '../_base_/models/pinet_hrnet-w32.py',
]

body = '{{ fileDirname }}/../_base_/datasets/coco-crowdpose.py'
metainfo = dict(from_file=body)
codec = dict(
    _base_.codec,
    skeleton=body,
    parts=[[
        'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear', 'top_head',
        'neck'
    ], ['left_shoulder', 'right_shoulder', 'left_hip', 'right_hip'],
           [
               'left_hip', 'right_hip', 'left_knee', 'right_knee',
               'left_ankle', 'right_ankle'
           ]])
model = dict(
    head=dict(
        type='PINetPlusHead', decoder=codec, post_processor=dict(soft=True)))
targets = _base_.targets
targets[0].encoder = codec  # of GenerateTarget

# keypoints of a set, and of the body
as_coco = [(k, k) for k in range(17)]
as_crowdpose = [(k, k + 5) for k in range(14)]
coco_to_body = [
    dict(type='KeypointConverter', num_keypoints=19, mapping=as_coco)
]
crowdpose_to_body = [
    dict(type='KeypointConverter', num_keypoints=19, mapping=as_crowdpose)
]
# and back, for the metrics
body_to_coco = dict(num_keypoints=17, mapping=as_coco)
body_to_crowdpose = dict(
    num_keypoints=14, mapping=[(k + 5, k) for k in range(14)])

coco = dict(data_root='data/coco/', data_mode=_base_.data_mode)
crowdpose = dict(
    type='CheckedCrowdPoseDataset',
    data_root='data/crowdpose/',
    data_mode=_base_.data_mode,
    data_prefix=dict(img='images/'))
ochuman = dict(
    type='CheckedOCHumanDataset',
    data_root='data/ochuman/',
    data_mode=_base_.data_mode,
    data_prefix=dict(img='images/'))

train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='CombinedDataset',
        metainfo=metainfo,
        datasets=[
            dict(
                coco,
                type='LabelledCocoDataset',
                filter_cfg=dict(min_labelled_keypoints=11),
                ann_file='annotations/person_keypoints_train2017.json',
                data_prefix=dict(img='train2017/'),
                pipeline=coco_to_body),
            dict(
                crowdpose,
                ann_file='annotations/mmpose_crowdpose_trainval.json',
                pipeline=crowdpose_to_body),
            dict(
                ochuman,
                ann_file='annotations/'
                'ochuman_coco_format_val_range_0.00_1.00.json',
                pipeline=coco_to_body),
        ],
        pipeline=[*_base_.augmentation, *targets]))

tests = [
    dict(
        coco,
        type='CheckedCocoDataset',
        ann_file='annotations/person_keypoints_val2017.json',
        data_prefix=dict(img='val2017/'),
        test_mode=True,
        pipeline=[]),
    dict(
        crowdpose,
        ann_file='annotations/mmpose_crowdpose_test.json',
        test_mode=True,
        pipeline=[]),
    dict(
        ochuman,
        ann_file='annotations/'
        'ochuman_coco_format_test_range_0.00_1.00.json',
        test_mode=True,
        pipeline=[]),
]
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='CombinedDataset',
        metainfo=metainfo,
        datasets=tests,
        test_mode=True,
        pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(
    _delete_=True,
    type='MultiDatasetEvaluator',
    datasets=tests,
    metrics=[
        dict(
            _base_.val_evaluator,
            ann_file=f'{tests[0]["data_root"]}{tests[0]["ann_file"]}',
            pred_converter=body_to_coco,
            prefix='coco'),
        dict(
            _base_.val_evaluator,
            ann_file=f'{tests[1]["data_root"]}{tests[1]["ann_file"]}',
            # as in CrowdPose's own setting
            iou_type='keypoints_crowd',
            use_area=False,
            pred_converter=body_to_crowdpose,
            prefix='crowdpose'),
        dict(
            _base_.val_evaluator,
            ann_file=f'{tests[2]["data_root"]}{tests[2]["ann_file"]}',
            pred_converter=body_to_coco,
            prefix='ochuman'),
    ])
test_evaluator = val_evaluator

default_hooks = dict(checkpoint=dict(save_best='crowdpose/AP'))
