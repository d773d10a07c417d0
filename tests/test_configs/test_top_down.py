"""SimpleBaseline on OCHuman, with boxes of a detector."""
import json
import re
from pathlib import Path

import mmpose
import numpy as np
import pytest
import torch
from config_files import OCHUMAN, PATHS, PEERS, build_metric, name_data
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.optim import build_optim_wrapper
from mmengine.structures import InstanceData
from mmpose.registry import MODELS

NAME = 'simplebaseline_res50_ochuman'
STOCK = 'mmpose::body_2d_keypoint/topdown_heatmap/coco/' \
    'td-hm_res50_8xb64-210e_coco-256x192.py'

# As MMDetection's CocoMetric writes them: boxes are x, y, w, h.
DETECTIONS = [
    dict(image_id=2, category_id=1, score=.7, bbox=[5., 6., 30., 40.]),
    dict(image_id=1, category_id=1, score=.9, bbox=[10., 10., 40., 40.]),
    dict(image_id=1, category_id=3, score=.8, bbox=[0., 0., 9., 9.]),
    dict(image_id=1, category_id=1, score=.2, bbox=[1., 2., 3., 4.]),
]


@pytest.fixture
def cfg():
    return Config.fromfile(PEERS[NAME])


@pytest.fixture
def poses(drawn_truth):
    """(1, 17, 2) truth of the first picture, in its px."""
    return drawn_truth(17)


@pytest.fixture
def test_data(cfg, poses, tmp_path):
    boxes = tmp_path / 'boxes.json'
    boxes.write_text(json.dumps(DETECTIONS))
    cfg.test_dataloader.dataset.bbox_file = str(boxes)
    return name_data(cfg, 'test_dataloader', tmp_path)


def test_only_data_are_others_than_mmposes(cfg):
    stock = Config.fromstring(f"_base_ = '{STOCK}'", '.py')
    for config in (cfg, stock):
        for loader in ('train', 'val', 'test'):
            dataset = config[f'{loader}_dataloader'].dataset
            for key in ('type', 'data_root', 'ann_file', 'data_prefix'):
                dataset.pop(key)
            dataset.pop('bbox_file', None)
        for key in ('val_evaluator', 'test_evaluator'):
            config[key].pop('ann_file')
        for key in ('data_root', 'dataset_type', 'custom_imports',
                    'visualizer'):
            config.pop(key, None)
    assert cfg.to_dict() == stock.to_dict()


def test_data_are_pinets(cfg):
    pinet = Config.fromfile(PATHS[OCHUMAN])
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        for key in ('type', 'data_root', 'ann_file', 'data_prefix'):
            assert cfg[loader].dataset[key] == pinet[loader].dataset[key]
    assert 'bbox_file' not in cfg.train_dataloader.dataset


def test_boxes_come_from_the_detectors_file(test_data):
    people = [test_data.get_data_info(i) for i in range(len(test_data))]
    assert [person['img_id'] for person in people] == [2, 1, 1]
    assert [person['bbox_score'].item()
            for person in people] == pytest.approx([.7, .9, .2])
    np.testing.assert_allclose(people[0]['bbox'], [[5, 6, 35, 46]])
    assert people[0]['img_path'].endswith('pictures/2.png')


def test_one_training_and_one_test_step(cfg, test_data, tmp_path):
    train_data = name_data(cfg, 'train_dataloader', tmp_path)
    cfg.model.backbone.init_cfg = None
    model = MODELS.build(cfg.model)
    before = model.backbone.conv1.weight.clone()
    batch = pseudo_collate([train_data[0]] * 2)
    assert batch['inputs'][0].shape == (3, 256, 192)
    losses = model.train_step(batch,
                              build_optim_wrapper(model, cfg.optim_wrapper))
    assert 0 < losses['loss'] < np.inf
    assert not torch.equal(model.backbone.conv1.weight, before)

    metric = build_metric(cfg, test_data)
    batch = pseudo_collate(list(test_data))
    with torch.no_grad():
        results = model.eval().test_step(batch)
    assert results[0].pred_instances.keypoints.shape == (1, 17, 2)
    metric.process(batch, [result.to_dict() for result in results])
    assert 0 <= metric.evaluate(size=3)['coco/AP'] <= 1


def test_truth_in_detected_boxes_is_judged_perfect(cfg, poses, test_data):
    metric = build_metric(cfg, test_data)
    for packed in test_data:
        sample = packed['data_samples']
        found = sample.img_id == 1
        sample.pred_instances = InstanceData(
            keypoints=poses if found else poses + 30,
            keypoint_scores=np.full((1, 17), 1. if found else .1))
        metric.process([], [sample.to_dict()])
    assert metric.evaluate(size=3)['coco/AP'] == pytest.approx(1)


def test_the_detector_of_the_page_is_installed():
    page = PEERS[NAME].with_name('README.md').read_text()
    site = Path(mmpose.__path__[0]).parent
    named = re.findall(r'\$SITE/(\S+)', page)
    assert len(named) == 2
    for file in named:
        assert (site / file).is_file()
    written = re.search(r'outfile_prefix=(\S+)', page)[1]
    cfg = Config.fromfile(PEERS[NAME])
    assert cfg.test_dataloader.dataset.bbox_file == f'{written}.bbox.json'
    detector = Config.fromfile(site / named[1])
    assert detector.model.bbox_head.num_classes == 1
