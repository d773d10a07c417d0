"""A checkpoint of the authors' release, in each of the four ways to load it:
as it is, said once, and to the poses of the converted model."""
import json
import logging
import pickle
from pathlib import Path

import cv2
import numpy as np
import official
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmpose.apis import MMPoseInferencer, inference_bottomup, init_model
from mmpose.registry import MODELS

from mmpose_pinet.converters import convert_official_state_dict
from mmpose_pinet.datasets.drawn import draw_image

CONFIG = str(
    Path(__file__).resolve().parents[2] /
    'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py')
SAID = "authors' release"


@pytest.fixture(scope='module')
def picture():
    return draw_image(np.random.default_rng(0), 128)[0]


@pytest.fixture(scope='module')
def release():
    """The state dict of the release's model that the config describes."""
    with DefaultScope.overwrite_default_scope('mmpose'):
        return official.whole(MODELS.build(Config.fromfile(CONFIG).model))


@pytest.fixture(scope='module')
def expected(release, picture):
    """The poses of the model that the converted weights make."""
    model = init_model(CONFIG, device='cpu')
    model.load_state_dict(convert_official_state_dict(release), strict=True)
    found = inference_bottomup(model, picture)[0].pred_instances
    assert len(found.keypoints) > 5
    return found


@pytest.fixture(scope='module')
def file(release, tmp_path_factory):
    """As the authors publish it: a bare state dict."""
    path = tmp_path_factory.mktemp('release') / 'checkpoint.pth.tar'
    torch.save(release, path)
    return str(path)


@pytest.fixture(scope='module')
def file_of_training(release, tmp_path_factory):
    """As their training writes it, of a model inside DataParallel."""
    path = tmp_path_factory.mktemp('training') / 'checkpoint.pth.tar'
    parallel = {f'module.{name}': value for name, value in release.items()}
    torch.save(
        dict(
            epoch=140,
            model='PINet',
            state_dict=parallel,
            best_state_dict=release,
            perf=139,
            optimizer=dict(state={}, param_groups=[])), path)
    return str(path)


@pytest.fixture
def said(request):
    """What the current logger says of the release."""
    lines = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: lines.append(record.getMessage())
    # a new one: tools that ran before may have silenced the last
    logging.disable(logging.NOTSET)
    logger = MMLogger.get_instance(f'release of {request.node.name}')
    logger.addHandler(handler)
    yield lambda: [line for line in lines if SAID in line]
    logger.removeHandler(handler)


def check(keypoints, scores, expected):
    np.testing.assert_array_equal(
        np.asarray(keypoints, np.float32), expected.keypoints)
    np.testing.assert_array_equal(
        np.asarray(scores, np.float32), expected.keypoint_scores)


@pytest.mark.parametrize('name', ['file', 'file_of_training'])
def test_init_model(request, name, picture, expected, said):
    model = init_model(CONFIG, request.getfixturevalue(name), device='cpu')
    found = inference_bottomup(model, picture)[0].pred_instances
    check(found.keypoints, found.keypoint_scores, expected)
    line, = said()
    assert 'converted' in line and 'in memory' in line


@pytest.mark.parametrize('name', ['file', 'file_of_training'])
def test_the_inferencer(request, name, picture, expected, said):
    inferencer = MMPoseInferencer(
        pose2d=CONFIG,
        pose2d_weights=request.getfixturevalue(name),
        device='cpu')
    persons, = next(inferencer(picture))['predictions']
    check([person['keypoints'] for person in persons],
          [person['keypoint_scores'] for person in persons], expected)
    assert len(said()) == 1
    meta = inferencer.inferencer.model.dataset_meta  # of the config
    assert meta['keypoint_id2name'][16] == 'right_ankle'


@pytest.mark.parametrize('name', ['file', 'file_of_training'])
def test_pinet(request, name, picture, expected, said):
    from mmpose_pinet.apis import PINet
    model = PINet(
        CONFIG, request.getfixturevalue(name), device='cpu', score_thr=0)
    found = model(picture)
    check(found.keypoints, found.keypoint_scores, expected)
    assert len(said()) == 1


@pytest.fixture
def config_of_a_test(tmp_path, picture):
    """A test of one picture that keeps what it finds."""
    cv2.imwrite(str(tmp_path / '1.png'), picture)
    height, width = picture.shape[:2]
    (tmp_path / 'one.json').write_text(
        json.dumps(
            dict(
                images=[
                    dict(id=1, file_name='1.png', height=height, width=width)
                ],
                annotations=[],
                categories=[dict(id=1, name='person')])))
    config = Config.fromfile(CONFIG)
    config.work_dir = str(tmp_path / 'work')
    config.test_dataloader.dataset.update(
        data_root=str(tmp_path), ann_file='one.json', data_prefix=dict(img=''))
    config.test_evaluator = dict(
        type='mmengine.DumpResults', out_file_path=str(tmp_path / 'found.pkl'))
    config.custom_hooks = []
    return config


@pytest.mark.parametrize('name', ['file', 'file_of_training'])
def test_the_runner(request, name, expected, config_of_a_test, tmp_path):
    """What tools/test.py does with a checkpoint."""
    config_of_a_test.load_from = request.getfixturevalue(name)
    # two runs that start in one second would share a log
    config_of_a_test.experiment_name = f'official_{name}'
    runner = Runner.from_cfg(config_of_a_test)
    runner.test()
    sample, = pickle.loads((tmp_path / 'found.pkl').read_bytes())
    found = sample['pred_instances']
    check(found['keypoints'], found['keypoint_scores'], expected)
    log, = (tmp_path / 'work').glob('*/*.log')
    assert log.read_text().count(SAID) == 1
