"""What is drawn of a training's targets is what was annotated."""
import json

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from random_weights import TINY

from mmpose_pinet.datasets.drawn import draw_crowd

SCRIPT = 'misc/browse_targets.py'


@pytest.fixture(scope='module')
def crowd(tmp_path_factory):
    folder = tmp_path_factory.mktemp('crowd')
    draw_crowd(folder, 4, num_workers=1)
    return folder


@pytest.fixture
def cfg(crowd):
    """The demo's training, without mirror images."""
    init_default_scope('mmpose')
    cfg = Config.fromfile(TINY)
    dataset = cfg.train_dataloader.dataset
    dataset.data_root = str(crowd)
    flip, = (step for step in dataset.pipeline if step.type == 'RandomFlip')
    flip.prob = 0.
    return cfg


@pytest.fixture
def targets(tool, cfg):
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    return tool['read_targets'](dataset[1], tool['find_codec'](cfg))


@pytest.fixture
def truth(crowd):
    """(N, 17, 3) of the second picture."""
    content = json.loads((crowd / 'annotations/train.json').read_text())
    image = content['images'][1]
    return cv2.imread(str(crowd / 'train' / image['file_name'])), np.array([
        person['keypoints'] for person in content['annotations']
        if person['image_id'] == image['id']
    ]).reshape(-1, 17, 3)


def test_poses_are_those_that_are_annotated(targets, truth):
    picture, people = truth
    np.testing.assert_array_equal(targets.image[..., ::-1], picture)
    assert set(targets.parts) == {0, 1, 2}
    for pose in targets.poses:
        labelled = np.isfinite(pose).all(-1)
        assert labelled.sum() > 3
        distances = abs(people[..., :2] - pose)[:, labelled].max((1, 2))
        assert distances.min() < .01


def test_cells_surround_the_means_of_their_parts(tool, cfg, targets, truth):
    """Within two cells of 4 px, the first of them left of the mean."""
    parts = tool['find_codec'](cfg).parts
    for part, cell in zip(targets.parts, targets.cells):
        moves = [
            person[parts[part], :2][person[parts[part], 2] > 0].mean(0) - cell
            for person in truth[1] if person[parts[part], 2].any()
        ]
        assert min(max(abs(move)) for move in moves) <= 3 * 4


def test_maps_are_high_where_joints_are(targets, truth):
    x, y, flag = truth[1].reshape(-1, 3).T
    inside = (flag > 0) & (x < 252) & (y < 252)
    at = targets.keypoint_map[np.rint(y[inside] / 4).astype(int),
                              np.rint(x[inside] / 4).astype(int)]
    assert at.min() > .9
    assert targets.part_map.max() > .9


def test_what_teaches_nothing_is_dark(tool, targets):
    mask = np.ones((64, 64), bool)
    mask[3, 5] = False
    large = tool['enlarged_mask'](targets._replace(mask=mask))
    assert large.shape == (256, 256) and (~large).sum() == 16
    assert not large[12:16, 20:24].any()


def test_a_mask_of_the_training_comes_along(tool, cfg):
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    sample = dataset[0]
    mask = torch.ones(1, 64, 64, dtype=torch.bool)
    mask[0, :9] = False
    sample['data_samples'].gt_fields.heatmap_mask = mask
    read = tool['read_targets'](sample, tool['find_codec'](cfg))
    np.testing.assert_array_equal(read.mask, mask[0].numpy())


def test_other_targets_are_refused(tool, cfg):
    for step in cfg.train_dataloader.dataset.pipeline:
        if 'encoder' in step:
            step.encoder.type = 'SPR'
    with pytest.raises(ValueError, match='encoder.type=PartSPR'):
        tool['find_codec'](cfg)


def test_the_command(start, crowd, tmp_path):
    out = tmp_path / 'targets.png'
    done = start(TINY, '--num', '2', '--out', out, '--cfg-options',
                 f'train_dataloader.dataset.data_root={crowd}')
    assert done.returncode == 0, done.stderr
    assert f'{out}: 2 pictures, ' in done.stdout
    height, width = cv2.imread(str(out)).shape[:2]
    assert width == 1320 and 880 < height < 1000
