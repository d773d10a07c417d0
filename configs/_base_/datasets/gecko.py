# The nine keypoints of the geckos that tools/dataset_converters/draw_geckos.py
# draws, seen from above: an example of MMPose's metainfo file, which the codec
# of PINet reads as well (docs/own_keypoints.md).
dataset_info = dict(
    dataset_name='gecko',
    keypoint_info={
        0: dict(name='snout', color=[255, 128, 0]),
        1: dict(name='neck', color=[255, 128, 0]),
        2: dict(name='belly', color=[255, 128, 0]),
        3: dict(name='hip', color=[255, 128, 0]),
        4: dict(name='tail', color=[255, 128, 0]),
        5: dict(name='left_hand', swap='right_hand', color=[0, 255, 0]),
        6: dict(name='right_hand', swap='left_hand', color=[51, 153, 255]),
        7: dict(name='left_foot', swap='right_foot', color=[0, 255, 0]),
        8: dict(name='right_foot', swap='left_foot', color=[51, 153, 255]),
    },
    skeleton_info={
        0: dict(link=('snout', 'neck'), color=[255, 128, 0]),
        1: dict(link=('neck', 'belly'), color=[255, 128, 0]),
        2: dict(link=('belly', 'hip'), color=[255, 128, 0]),
        3: dict(link=('hip', 'tail'), color=[255, 128, 0]),
        4: dict(link=('neck', 'left_hand'), color=[0, 255, 0]),
        5: dict(link=('neck', 'right_hand'), color=[51, 153, 255]),
        6: dict(link=('hip', 'left_foot'), color=[0, 255, 0]),
        7: dict(link=('hip', 'right_foot'), color=[51, 153, 255]),
    },
    joint_weights=[1.] * 9,
    # how far apart two people put the same keypoint, over the square root of
    # the animal's area: they agree on a snout, less on where a belly is
    sigmas=[0.05, 0.08, 0.1, 0.1, 0.06, 0.07, 0.07, 0.07, 0.07])
