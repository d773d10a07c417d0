"""A small data set on disk, without a mistake, and a config for it."""
import json
from pathlib import Path

import cv2
import numpy as np

CONFIG = str(
    Path(__file__).resolve().parents[1] /
    'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py')
WIDTH, HEIGHT = 64, 48
JOINTS = [
    'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear', 'left_shoulder',
    'right_shoulder', 'left_elbow', 'right_elbow', 'left_wrist', 'right_wrist',
    'left_hip', 'right_hip', 'left_knee', 'right_knee', 'left_ankle',
    'right_ankle'
]


class CocoSet:
    """An annotation file and its pictures; a person in each."""

    def __init__(self, root, name, num_images, first_id):
        self.file = root / f'annotations/{name}.json'
        self.folder = root / name
        self.folder.mkdir(parents=True)
        self.images = []
        self.annotations = []
        self.categories = [dict(id=1, name='person', keypoints=JOINTS)]
        for id_ in range(first_id, first_id + num_images):
            self.add_image(id_)
            self.add_person(id_, id_)

    def add_image(self, id_):
        rng = np.random.default_rng(id_)
        picture = rng.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
        cv2.imwrite(str(self.folder / f'{id_}.jpg'), picture)
        self.images.append(
            dict(
                id=id_,
                file_name=f'{id_}.jpg',
                width=WIDTH,
                height=HEIGHT,
                crowdIndex=0.3))
        return self.images[-1]

    def add_person(self, id_, image_id):
        rng = np.random.default_rng(id_)
        joints = rng.integers(5, 40, (17, 3))
        joints[:, 2] = 2
        self.annotations.append(
            dict(
                id=id_,
                image_id=image_id,
                category_id=1,
                bbox=[5, 5, 35, 35],
                area=600,
                iscrowd=0,
                num_keypoints=17,
                keypoints=joints.flatten().tolist(),
                segmentation=[[5, 5, 40, 5, 40, 40, 5, 40]]))
        return self.annotations[-1]

    def write(self):
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(
            json.dumps(
                dict(
                    images=self.images,
                    annotations=self.annotations,
                    categories=self.categories)))


class Data:
    """Both sets, and the options that bring a config to them."""

    def __init__(self, root):
        self.train = CocoSet(root, 'train', 4, 1)
        self.val = CocoSet(root, 'val', 3, 101)
        self.options = {
            f'{loop}_dataloader.dataset.data_root': str(root)
            for loop in ('train', 'val', 'test')
        }

    def write(self):
        self.train.write()
        self.val.write()
