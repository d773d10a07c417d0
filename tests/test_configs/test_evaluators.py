"""Evaluation: the truth in, AP 1 out."""
import json

import numpy as np
import pytest
from config_files import (PAPER, PATHS, TABLE_1, build_metric, keypoint_facts,
                          name_data, pipeline_step)
from mmengine.config import Config
from mmengine.fileio import load
from mmengine.structures import InstanceData

TEST_DEV = 'pinet_hrnet-w32_coco_test-dev'
# The ablations are judged as their base is.
JUDGED = [
    name for name in PATHS if name in PAPER or name not in (TEST_DEV, *TABLE_1)
]


@pytest.mark.parametrize('cfg', JUDGED, indirect=True)
def test_truth_is_judged_perfect_on_data_named_by_options(
        cfg, drawn_truth, tmp_path):
    keypoints = drawn_truth(keypoint_facts(cfg)['num_keypoints'])
    dataset = name_data(cfg, 'test_dataloader', tmp_path)
    metric = build_metric(cfg, dataset)

    assert len(dataset) == 2
    for packed, poses in zip(dataset, (keypoints, keypoints[:0])):
        sample = packed['data_samples']
        # 60 px become the short side; 64 divides the long one
        sizes = [(np.ceil(height * 1.5 / 64) * 64, height)
                 for height in np.multiply(cfg.codec.input_size[1],
                                           [1, *sample.get('aug_scales', [])])]
        assert sample.input_size == sizes[0]
        inputs = packed['inputs']
        inputs = inputs if isinstance(inputs, list) else [inputs]
        assert [i.shape for i in inputs] == [(3, h, w) for w, h in sizes]
        sample.pred_instances = InstanceData(
            keypoints=poses,
            keypoint_scores=np.ones(poses.shape[:2]),
            bbox_scores=np.ones(len(poses)))
        metric.process([], [sample.to_dict()])

    scores = metric.evaluate(size=2)
    best = f'{metric.prefix}/AP'
    assert cfg.default_hooks.checkpoint.get('save_best', best) in scores
    assert scores[best] == pytest.approx(1)
    if metric.iou_type == 'keypoints_crowd':
        assert scores[best + '(H)'] == pytest.approx(1)
        assert scores[best + '(E)'] == -1  # no such image


@pytest.mark.parametrize('name', PAPER)
def test_multi_scale_test_is_the_papers(name):
    cfg = Config.fromfile(PATHS[f'{name}_multiscale'])
    assert cfg.model.test_cfg == dict(flip_test=True, multiscale_test=True)
    for loader in (cfg.val_dataloader, cfg.test_dataloader):
        resize = pipeline_step(loader.dataset.pipeline,
                               'BottomupBoundedResize')
        assert sorted([1, *resize.aug_scales]) == [0.5, 1, 2]
        assert loader.batch_size == 1


def test_test_dev_writes_a_file_for_cocos_server(drawn_truth, tmp_path):
    """Images alone, as COCO gives them, become the submission format."""
    poses = drawn_truth(17)
    truth = json.loads((tmp_path / 'truth.json').read_text())
    del truth['annotations']
    (tmp_path / 'truth.json').write_text(json.dumps(truth))

    cfg = Config.fromfile(PATHS[TEST_DEV])
    prefix = str(tmp_path / 'results/person_keypoints')
    cfg.test_evaluator.outfile_prefix = prefix
    dataset = name_data(cfg, 'test_dataloader', tmp_path)
    metric = build_metric(cfg, dataset)
    for packed in dataset:
        sample = packed['data_samples']
        sample.pred_instances = InstanceData(
            keypoints=poses, keypoint_scores=np.full((1, 17), 0.5))
        metric.process([], [sample.to_dict()])
    assert metric.evaluate(size=2) == {}

    first, second = load(prefix + '.keypoints.json')
    assert (first['image_id'], second['image_id']) == (1, 2)
    assert first['category_id'] == 1
    assert first['score'] == pytest.approx(0.5)
    np.testing.assert_allclose(
        np.reshape(first['keypoints'], (17, 3))[:, :2], poses[0], atol=1e-3)
