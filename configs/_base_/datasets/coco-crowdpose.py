# COCO's 17 keypoints and the two that only CrowdPose has: the body of a model
# that learns from both. Sigmas are those of the two sets.
_left = dict(color=[0, 255, 0])
_right = dict(color=[255, 128, 0])
_middle = dict(color=[51, 153, 255])
dataset_info = dict(
    dataset_name='coco-crowdpose',
    keypoint_info={
        0: dict(name='nose', **_middle),
        1: dict(name='left_eye', swap='right_eye', **_left),
        2: dict(name='right_eye', swap='left_eye', **_right),
        3: dict(name='left_ear', swap='right_ear', **_left),
        4: dict(name='right_ear', swap='left_ear', **_right),
        5: dict(name='left_shoulder', swap='right_shoulder', **_left),
        6: dict(name='right_shoulder', swap='left_shoulder', **_right),
        7: dict(name='left_elbow', swap='right_elbow', **_left),
        8: dict(name='right_elbow', swap='left_elbow', **_right),
        9: dict(name='left_wrist', swap='right_wrist', **_left),
        10: dict(name='right_wrist', swap='left_wrist', **_right),
        11: dict(name='left_hip', swap='right_hip', **_left),
        12: dict(name='right_hip', swap='left_hip', **_right),
        13: dict(name='left_knee', swap='right_knee', **_left),
        14: dict(name='right_knee', swap='left_knee', **_right),
        15: dict(name='left_ankle', swap='right_ankle', **_left),
        16: dict(name='right_ankle', swap='left_ankle', **_right),
        17: dict(name='top_head', **_middle),
        18: dict(name='neck', **_middle),
    },
    skeleton_info={
        0: dict(link=('nose', 'left_eye'), **_left),
        1: dict(link=('nose', 'right_eye'), **_right),
        2: dict(link=('left_eye', 'left_ear'), **_left),
        3: dict(link=('right_eye', 'right_ear'), **_right),
        4: dict(link=('nose', 'top_head'), **_middle),
        5: dict(link=('nose', 'neck'), **_middle),
        6: dict(link=('top_head', 'neck'), **_middle),
        7: dict(link=('neck', 'left_shoulder'), **_left),
        8: dict(link=('neck', 'right_shoulder'), **_right),
        9: dict(link=('left_shoulder', 'left_elbow'), **_left),
        10: dict(link=('left_elbow', 'left_wrist'), **_left),
        11: dict(link=('right_shoulder', 'right_elbow'), **_right),
        12: dict(link=('right_elbow', 'right_wrist'), **_right),
        13: dict(link=('left_shoulder', 'left_hip'), **_left),
        14: dict(link=('right_shoulder', 'right_hip'), **_right),
        15: dict(link=('left_shoulder', 'right_shoulder'), **_middle),
        16: dict(link=('left_hip', 'right_hip'), **_middle),
        17: dict(link=('left_hip', 'left_knee'), **_left),
        18: dict(link=('left_knee', 'left_ankle'), **_left),
        19: dict(link=('right_hip', 'right_knee'), **_right),
        20: dict(link=('right_knee', 'right_ankle'), **_right),
    },
    joint_weights=[1.] * 19,
    sigmas=[
        .026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107,
        .107, .087, .087, .089, .089, .079, .079
    ])
