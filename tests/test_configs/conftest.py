"""Configs, one after the other, and data to run them on."""
import json

import cv2
import numpy as np
import pytest
from config_files import PATHS, PLUS
from mmengine.config import Config
from mmengine.registry import DefaultScope


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


@pytest.fixture(params=PATHS)
def cfg(request):
    return Config.fromfile({**PATHS, **PLUS}[request.param])


@pytest.fixture
def drawn_truth(tmp_path):
    """Writes two images, one of which holds nobody, as a COCO file."""

    def write(num_keypoints):
        rng = np.random.default_rng(0)
        (tmp_path / 'pictures').mkdir()
        images = []
        for i in (1, 2):
            cv2.imwrite(
                str(tmp_path / f'pictures/{i}.png'),
                rng.integers(0, 255, (60, 90, 3), np.uint8))
            images.append(
                dict(
                    id=i,
                    file_name=f'{i}.png',
                    width=90,
                    height=60,
                    crowdIndex=0.9))
        keypoints = np.full((num_keypoints, 3), 2.)
        keypoints[:, :2] = rng.uniform(10, 50, (num_keypoints, 2))
        person = dict(
            id=1,
            image_id=1,
            category_id=1,
            bbox=[10, 10, 40, 40],
            area=1600,
            iscrowd=0,
            num_keypoints=num_keypoints,
            keypoints=keypoints.flatten().tolist())
        truth = dict(
            images=images,
            annotations=[person],
            categories=[dict(id=1, name='person')])
        (tmp_path / 'truth.json').write_text(json.dumps(truth))
        return keypoints[None, :, :2]

    return write
