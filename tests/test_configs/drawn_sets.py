"""Drawn crowds as other sets label people."""
import json
from pathlib import Path

import numpy as np

from mmpose_pinet.datasets.drawn import draw_crowd

# CrowdPose's keypoints in the order of COCO's, of which the last are missing
CROWDPOSE = [
    'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
    'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
    'right_knee', 'left_ankle', 'right_ankle', 'top_head', 'neck'
]


def draw_set(folder, dataset, seed):
    """Draw four pictures for a dataset's config, labelled as its class has
    people; head top and neck are at 1 px."""
    truth = Path(draw_crowd(folder, 4, seed=seed, num_workers=1))
    if 'CrowdPose' in dataset.type:
        content = json.loads(truth.read_text())
        for person in content['annotations']:
            joints = np.reshape(person['keypoints'], (17, 3))
            person['keypoints'] = [*joints[5:].ravel(), 1, 1, 2, 1, 1, 2]
            person['num_keypoints'] = int((joints[5:, 2] > 0).sum()) + 2
        content['categories'][0]['keypoints'] = CROWDPOSE
        content['categories'][0].pop('skeleton')
        truth.write_text(json.dumps(content))
    dataset.update(
        data_root=str(folder),
        ann_file='annotations/train.json',
        data_prefix=dict(img='train/'))
    return truth
