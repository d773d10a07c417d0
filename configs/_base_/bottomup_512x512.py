# How images come in and poses are judged, on every dataset (Sec. 4.2).

# read by MMPose's inferencer as well
data_mode = 'bottomup'

# a training pipeline goes on from here with its own targets
augmentation = [
    dict(type='LoadOrientedImage'),
    dict(
        type='BottomupRandomAffine',
        input_size=(512, 512),
        rotate_factor=30,
        scale_factor=(0.75, 1.5),
        scale_type='short',
        # The paper's "[-40, 40]" is in units of a crop 200 wide: a fifth of
        # the crop, 102 px of the 512 px input. The transform takes a fifth of
        # the image before it scales it: the same at scale 1 and along the
        # short side; zoomed in, or along the long side, a shift is longer.
        shift_factor=0.2,
        distribution='uniform'),
    dict(type='RandomFlip', direction='horizontal', prob=0.5),
    dict(type='BottomupBoxArea')
]
val_pipeline = [
    dict(type='LoadOrientedImage'),
    dict(
        type='BottomupBoundedResize',
        input_size=(512, 512),
        size_factor=64,
        resize_mode='expand'),
    dict(
        type='PackPoseInputs',
        # The default keys and `aug_scales`, which the multi-scale test reads,
        # less `category_id`: CocoMetric expects one, not one a person.
        meta_keys=('id', 'img_id', 'img_path', 'crowd_index', 'ori_shape',
                   'img_shape', 'input_size', 'input_center', 'input_scale',
                   'aug_scales', 'flip', 'flip_direction', 'flip_indices',
                   'raw_ann_info', 'dataset_name', 'skeleton_links'))
]

train_dataloader = dict(
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(data_mode=data_mode))
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(data_mode=data_mode, test_mode=True, pipeline=val_pipeline))
test_dataloader = val_dataloader

# Without an `ann_file` of its own it takes the one of the dataset under test.
val_evaluator = dict(type='CocoMetric', nms_mode='none', score_mode='keypoint')
test_evaluator = val_evaluator
