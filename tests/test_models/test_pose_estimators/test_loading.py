"""What the estimator makes of checkpoints when it loads them."""
import official
import pytest
import torch
import torch.nn as nn
from mmengine.model import ExponentialMovingAverage
from mmengine.registry import DefaultScope
from mmengine.runner import load_state_dict
from mmpose.registry import MODELS
from slim_model import build, read_config

from mmpose_pinet.converters import convert_official_state_dict
from mmpose_pinet.models.pose_estimators import batched_bottomup


@pytest.fixture(scope='module')
def release():
    with DefaultScope.overwrite_default_scope('mmpose'):
        return official.whole(build())


@pytest.fixture(autouse=True)
def said(monkeypatch):
    """What the estimator says."""
    lines = []
    monkeypatch.setattr(batched_bottomup, 'print_log',
                        lambda *line: lines.append(line))
    return lines


def check_loaded(model, release):
    expected = convert_official_state_dict(release)
    found = model.state_dict()
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert torch.equal(value, expected[name]), name


def of_data_parallel(release):
    return {f'module.{name}': value for name, value in release.items()}


def of_torch(model, release):
    model.load_state_dict(release, strict=True)


def of_torch_in_a_wrapper(model, release):
    nn.DataParallel(model).load_state_dict(of_data_parallel(release))


def of_mmengine(model, release):
    load_state_dict(model, release, strict=True)


def of_mmengine_in_a_wrapper(model, release):
    load_state_dict(nn.DataParallel(model), release, strict=True)


def of_the_ema_hook(model, release):
    """It strips no prefix."""
    averaged = ExponentialMovingAverage(model)
    load_state_dict(averaged.module, of_data_parallel(release), strict=True)
    model.load_state_dict(averaged.module.state_dict())


@pytest.mark.parametrize('load', [
    of_torch, of_torch_in_a_wrapper, of_mmengine, of_mmengine_in_a_wrapper,
    of_the_ema_hook
])
def test_each_way_to_load(load, release, said):
    model = build()
    load(model, release)
    check_loaded(model, release)
    assert len(said) == 1


def test_the_state_dict_is_left_as_it_is(release):
    names = list(release)
    load_state_dict(build(), release)
    assert list(release) == names


def test_other_checkpoints_load_as_ever(release, said):
    """Those of our own, those of averaged weights, and parts of them."""
    model = build()
    model.load_state_dict(model.state_dict(), strict=True)
    averaged = ExponentialMovingAverage(model)
    averaged.load_state_dict(averaged.state_dict(), strict=True)
    backbone = {
        name: value
        for name, value in release.items() if name.startswith('backbone.')
    }
    found = build()
    load_state_dict(found, backbone)
    assert torch.equal(found.backbone.conv1.weight,
                       backbone['backbone.conv1.weight'])
    assert not said


def test_a_model_of_other_sizes_is_no_match(release):
    """MMEngine's loader would warn, and go on with random weights."""
    cfg = read_config()
    cfg.model.head.refinement.num_layers = 4
    with pytest.raises(ValueError, match='12 tensors of the model are miss'):
        load_state_dict(build(cfg=cfg), release, strict=False)


def test_it_fits_a_head_that_goes_beyond_the_paper(release, said):
    """What it lacks is told as missing, and stays as it was."""
    cfg = read_config()
    cfg.model.head.type = 'PINetPlusHead'
    model = build(cfg=cfg)
    before = {name: x.clone() for name, x in model.state_dict().items()}
    missing, unexpected = model.load_state_dict(release, strict=False)
    assert not unexpected and len(said) == 1
    assert {name.split('.')[1]
            for name in missing} == {'localisation', 'scoring'}
    expected = dict(before, **convert_official_state_dict(release))
    assert len(expected) == len(before)
    for name, value in model.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_a_head_of_another_kind_is_no_match(release):
    cfg = read_config()
    cfg.model.head = dict(
        type='AssociativeEmbeddingHead',
        in_channels=16,
        num_keypoints=17,
        keypoint_loss=dict(type='KeypointMSELoss'),
        tag_loss=dict(type='AssociativeEmbeddingLoss'))
    model = MODELS.build(cfg.model)
    with pytest.raises(ValueError, match='tensors have no place .*: head.dis'):
        load_state_dict(model, release, strict=False)
