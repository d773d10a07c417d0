"""Poses are held against the test set of a config, whatever finds them."""
import json

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.runner import Runner
from mmpose.registry import METRICS

from mmpose_pinet.apis import PINet
from mmpose_pinet.apis.evaluate import evaluate
from mmpose_pinet.datasets.drawn import draw_crowd
from mmpose_pinet.datasets.metainfo import metainfo_of
from mmpose_pinet.results import Result

NAMES = metainfo_of(17)['keypoint_id2name']


@METRICS.register_module(name='test_evaluate.Collect')
class Collect(BaseMetric):
    """Keeps the persons of each picture."""

    seen = []

    def process(self, data_batch, data_samples):
        for sample in data_samples:
            persons = sample['pred_instances']
            Collect.seen.append(
                (sample['img_id'], persons['keypoints'],
                 persons['keypoint_scores'], persons['bbox_scores']))
        self.results.append(len(data_samples))

    def compute_metrics(self, results):
        return dict(pictures=sum(results))


@pytest.fixture(scope='module')
def crowd(tmp_path_factory):
    folder = tmp_path_factory.mktemp('crowd')
    draw_crowd(folder, 4, num_workers=1)
    return folder


@pytest.fixture
def test_config(config, crowd):
    cfg = Config.fromfile(config)
    cfg.test_dataloader.dataset.update(
        data_root=str(crowd),
        ann_file='annotations/train.json',
        data_prefix=dict(img='train/'))
    return cfg


test_config.__test__ = False


class Annotator:
    """Finds exactly who is annotated, or the first so many of them, and
    nobody in another picture than the next one."""

    def __init__(self, crowd, most=None, names=NAMES):
        truth = json.loads((crowd / 'annotations/train.json').read_text())
        self.pictures = [
            (cv2.imread(str(crowd / 'train' / image['file_name'])), [
                ann['keypoints'] for ann in truth['annotations']
                if ann['image_id'] == image['id']
            ][:most]) for image in truth['images']
        ]
        self.names = tuple(names[i] for i in range(17))

    def __call__(self, image):
        expected, keypoints = self.pictures.pop(0)
        np.testing.assert_array_equal(image, expected)
        keypoints = np.array(keypoints, np.float32).reshape(-1, 17, 3)[..., :2]
        corners = keypoints.min(1), keypoints.max(1)
        return Result(keypoints, np.ones(keypoints.shape[:2]),
                      np.concatenate(corners, 1), np.ones(len(keypoints)),
                      self.names, (), image.shape[1::-1])


def test_who_finds_what_is_annotated_has_full_marks(test_config, crowd):
    assert evaluate(Annotator(crowd), test_config)['coco/AP'] == 1


def test_who_finds_fewer_has_less(test_config, crowd):
    annotator = Annotator(crowd, most=1)
    people = len(Annotator(crowd).pictures)
    everyone = sum(len(found) for _, found in Annotator(crowd).pictures)
    metrics = evaluate(annotator, test_config)
    assert metrics['coco/AR'] == pytest.approx(people / everyone)


def test_the_poses_are_those_of_the_runner(test_config, weights, config,
                                           tmp_path):
    test_config.test_evaluator = dict(type='test_evaluate.Collect')
    Collect.seen = []
    model = PINet(config, weights, 'cpu', score_thr=0)
    assert evaluate(model, test_config) == dict(pictures=4)
    ours, Collect.seen = Collect.seen, []
    test_config.update(
        load_from=weights, work_dir=str(tmp_path), log_level='ERROR')
    Runner.from_cfg(test_config).test()
    assert len(ours) == len(Collect.seen) == 4
    for one, other in zip(ours, Collect.seen):
        assert one[0] == other[0] and len(one[1]) > 5
        for found, expected in zip(one[1:], other[1:]):
            np.testing.assert_allclose(found, expected, atol=1e-3)


def test_other_keypoints_are_refused(test_config, crowd):
    swapped = {**NAMES, 0: NAMES[1], 1: NAMES[0]}
    with pytest.raises(ValueError, match="finds .'left_eye', 'nose'"):
        evaluate(Annotator(crowd, names=swapped), test_config)
