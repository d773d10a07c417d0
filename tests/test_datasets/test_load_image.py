"""A photograph that EXIF turns: read as annotated, or upright for a person."""
import json
from pathlib import Path

import cv2
import numpy as np
import pycocotools.mask as cocomask
import pytest
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope
from mmpose.registry import DATASETS
from PIL import Image

from mmpose_pinet.datasets import LoadOrientedImage

COCO = Path(__file__).resolve().parents[2] / \
    'configs/pinet/pinet_hrnet-w32_coco.py'
HEIGHT, WIDTH = 60, 90
ORIENTATION = 0x0112  # the EXIF tag
QUARTER_TURN = 6  # to be shown turned clockwise


@pytest.fixture
def photograph(tmp_path):
    """Stored 90 x 60 px with a white upper half, shown 60 x 90."""
    stored = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    stored[:HEIGHT // 2] = 255
    exif = Image.Exif()
    exif[ORIENTATION] = QUARTER_TURN
    path = tmp_path / 'turned.jpg'
    Image.fromarray(stored).save(path, exif=exif, quality=95)
    return str(path), stored


def difference(image, expected):
    """Mean difference of grey levels; a jpeg is a little off."""
    assert image.shape == expected.shape
    return np.abs(image.astype(float) - expected).mean()


def test_an_annotated_image_is_read_as_stored(photograph):
    path, stored = photograph
    results = LoadOrientedImage()(dict(img_path=path, img_id=1))
    assert results['img_shape'] == results['ori_shape'] == (HEIGHT, WIDTH)
    assert difference(results['img'], stored) < 2


def test_a_picture_that_a_person_hands_over_is_turned_upright(photograph):
    path, stored = photograph
    results = LoadOrientedImage()(dict(img_path=path))
    assert results['img_shape'] == results['ori_shape'] == (WIDTH, HEIGHT)
    upright = cv2.rotate(stored, cv2.ROTATE_90_CLOCKWISE)
    assert difference(results['img'], upright) < 2


@pytest.mark.parametrize('sample', [dict(), dict(img_id=1)])
def test_an_array_stays_as_it_is(photograph, sample):
    _, stored = photograph
    results = LoadOrientedImage()(dict(sample, img=stored))
    assert results['img'] is stored
    assert results['img_shape'] == (HEIGHT, WIDTH)


@pytest.fixture
def turned_crowd(photograph):
    """COCO labels for it: a person, and a crowd region in the left half."""
    path = Path(photograph[0])
    region = np.zeros((HEIGHT, WIDTH), np.uint8)
    region[:, :WIDTH // 2] = 1
    rle = cocomask.encode(np.asfortranarray(region))
    rle['counts'] = rle['counts'].decode()
    keypoints = np.full((17, 3), 2)
    keypoints[:, 0] = np.linspace(50, 85, 17)
    keypoints[:, 1] = np.linspace(10, 55, 17)
    person = dict(
        image_id=1, category_id=1, area=1600, bbox=[48, 8, 40, 50], iscrowd=0)
    persons = [
        dict(
            person,
            id=1,
            num_keypoints=17,
            keypoints=keypoints.flatten().tolist(),
            segmentation=[]),
        dict(
            person,
            id=2,
            iscrowd=1,
            num_keypoints=0,
            keypoints=[0] * 51,
            segmentation=rle)
    ]
    ann_file = path.parent / 'labels.json'
    ann_file.write_text(
        json.dumps(
            dict(
                images=[
                    dict(
                        id=1, file_name=path.name, width=WIDTH, height=HEIGHT)
                ],
                annotations=persons,
                categories=[dict(id=1, name='person')])))
    return str(ann_file), str(path.parent)


def build(cfg, loader, turned_crowd):
    ann_file, folder = turned_crowd
    dataset = cfg[loader].dataset
    dataset.update(ann_file=ann_file, data_root='')
    dataset.data_prefix.img = folder
    return DATASETS.build(dataset)


def test_it_trains_with_its_crowd_region_masked(turned_crowd):
    """The region has the shape of the stored picture."""
    cfg = Config.fromfile(COCO)
    cfg.train_dataloader.dataset.pipeline[1].update(
        rotate_prob=0, scale_prob=0, shift_prob=0)
    cfg.train_dataloader.dataset.pipeline[2].prob = 0.
    with DefaultScope.overwrite_default_scope('mmpose'):
        packed = build(cfg, 'train_dataloader', turned_crowd)[0]

    # the short side becomes 512 px, and the middle of the long one stays
    valid = packed['data_samples'].gt_fields.heatmap_mask[0]
    middle = valid.shape[1] // 2
    assert not valid[2:-2, :middle - 2].any()
    assert valid[2:-2, middle + 2:-2].all()
    rows = packed['data_samples'].gt_instance_labels
    assert len(rows.part_indices)


def test_it_is_tested_as_stored_and_inferred_upright(photograph, turned_crowd):
    """By one pipeline, that of the config."""
    path, _ = photograph
    cfg = Config.fromfile(COCO)
    with DefaultScope.overwrite_default_scope('mmpose'):
        dataset = build(cfg, 'test_dataloader', turned_crowd)
        tested = dataset[0]
        # as MMPose's inferencers call it
        inferred = Compose(cfg.test_dataloader.dataset.pipeline)(
            dict(dataset.metainfo, img_path=path))
    assert tested['data_samples'].ori_shape == (HEIGHT, WIDTH)
    assert inferred['data_samples'].ori_shape == (WIDTH, HEIGHT)
