"""The folded copy says what the backbone says, whoever wrote to it, and how.
"""
from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn as nn
from mmengine.evaluator import BaseMetric
from mmengine.runner import Runner, load_checkpoint
from mmengine.utils import digit_version
from mmpose.registry import METRICS
from slim_model import build, read_config, shake

from mmpose_pinet.datasets.drawn import draw_crowd
from mmpose_pinet.models.pose_estimators.folded_backbone import (
    FoldedBackbone, suits_channels_last)


def features(model):
    """Of the backbone, which the copy has to share."""
    image = torch.rand(1, 3, 64, 64, generator=torch.manual_seed(1))
    with torch.no_grad():
        model.backbone.eval()
        expected = model.backbone(image)
        folded = model._folded_backbone.of(model.backbone)(image)
    for one, other in zip(folded, expected):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
    return expected[0]


def train(model, tmp_path):
    optimizer = torch.optim.SGD(model.backbone.parameters(), 0.1)
    sum(f.square().mean()
        for f in model.backbone(torch.rand(2, 3, 64, 64))).backward()
    optimizer.step()


def gather_statistics(model, tmp_path):
    model.train()
    with torch.no_grad():
        model.backbone(torch.rand(2, 3, 64, 64))


def load(model, tmp_path):
    other = build()
    train(other, tmp_path)
    torch.save(dict(state_dict=other.state_dict()), tmp_path / 'other.pth')
    load_checkpoint(model, str(tmp_path / 'other.pth'))


def load_by_assignment(model, tmp_path):
    other = build()
    train(other, tmp_path)
    model.load_state_dict(other.state_dict(), assign=True)


def replace_the_backbone(model, tmp_path):
    other = build()
    train(other, tmp_path)
    model.backbone = other.backbone


def replace_a_layer(model, tmp_path):
    other = nn.Conv2d(3, 64, 3, 2, 1, bias=False)
    model.backbone.add_module('conv1', other)


def replace_a_layer_without_weights(model, tmp_path):
    model.backbone.relu = nn.Identity()


def to_double_and_back(model, tmp_path):
    train(model, tmp_path)
    model.double().float()


def copy_behind_autograd(model, tmp_path):
    """As MMEngine's EMAHook swaps weights; no version counter sees it."""
    for parameter in model.backbone.parameters():
        parameter.data.copy_(parameter.data * 1.1)


def point_elsewhere(model, tmp_path):
    """Any tensor but the first."""
    *_, last = model.backbone.conv2.parameters()
    last.data = last.data * 3


def swap_channels(model, tmp_path):
    """All the same numbers, in other places."""
    weight = model.backbone.conv2.weight
    weight.data.copy_(weight.data.flip(0))


def write_a_statistic(model, tmp_path):
    model.backbone.bn2.running_mean.data += 1


def write_under_inference_mode(model, tmp_path):
    with torch.inference_mode():
        model.backbone.conv2.weight.mul_(3)


CHANGES = [
    train, gather_statistics, load,
    pytest.param(
        load_by_assignment,
        marks=pytest.mark.skipif(
            digit_version(torch.__version__) < digit_version('2.1'),
            reason='torch < 2.1 cannot')), replace_the_backbone,
    replace_a_layer, replace_a_layer_without_weights, to_double_and_back,
    copy_behind_autograd, point_elsewhere, swap_channels, write_a_statistic,
    write_under_inference_mode
]


@pytest.mark.parametrize('change', CHANGES)
def test_the_copy_follows(change, tmp_path):
    model = build()
    before = features(model)
    change(model, tmp_path)
    assert not torch.allclose(features(model), before, atol=1e-3)


def test_weights_born_under_inference_mode_are_compared_too():
    model = build()
    with torch.inference_mode():
        model.backbone = deepcopy(model.backbone)
        for name, value in list(model.backbone.conv2.named_parameters()):
            setattr(model.backbone.conv2, name, nn.Parameter(value * 1))
    before = features(model)
    with torch.inference_mode():
        model.backbone.conv2.weight.mul_(3)
    assert not torch.allclose(features(model), before, atol=1e-3)


@pytest.mark.parametrize('dtype', [torch.float, torch.double, torch.bfloat16])
def test_it_is_made_once(dtype):
    model = build().to(dtype)
    copy = model._folded_backbone.of(model.backbone)
    assert model._folded_backbone.of(model.backbone) is copy
    assert not any(x.requires_grad for x in copy.parameters())
    model.backbone.conv1.weight.data[0, 0, 0, 0] += 1
    assert model._folded_backbone.of(model.backbone) is not copy


def test_it_takes_the_new_type_of_its_backbone():
    model = build()
    model._folded_backbone.of(model.backbone)
    copy = model._folded_backbone.of(model.double().backbone)
    assert copy.conv1.weight.dtype == torch.double


def test_in_the_type_of_autocast():
    """To the last bit what autocast makes of the other copy."""
    model = build()
    image = torch.rand(1, 3, 64, 64)
    plain, cast = FoldedBackbone(), FoldedBackbone()
    with torch.no_grad(), torch.autocast('cpu', torch.bfloat16):
        expected = plain.of(model.backbone)(image)
        found = cast.of(model.backbone, torch.bfloat16)(image)
    for one, other in zip(found, expected):
        assert one.dtype == torch.bfloat16 and torch.equal(one, other)
    assert cast._folded.copy.conv1.weight.dtype == torch.bfloat16
    # and back, without autocast
    assert cast.of(model.backbone)(image)[0].dtype == torch.float32


def test_another_copy_keeps_its_own():
    """As EMAHook's averaged model is one."""
    model = build()
    features(model)
    other = deepcopy(model)
    copy_behind_autograd(other, None)
    assert not torch.allclose(features(other), features(model), atol=1e-3)


def test_depthwise_convolutions_stay_channels_first():
    depthwise = nn.Sequential(
        nn.Conv2d(8, 8, 3, groups=8, bias=False), nn.BatchNorm2d(8),
        nn.Conv2d(8, 16, 1, bias=False), nn.BatchNorm2d(16)).eval()
    assert not suits_channels_last(depthwise)
    folded = FoldedBackbone().of(depthwise)
    assert folded(torch.rand(1, 8, 9, 9)).is_contiguous()

    dense = nn.Sequential(nn.Conv2d(8, 16, 3, bias=False), nn.BatchNorm2d(16))
    assert suits_channels_last(dense)
    assert not suits_channels_last(nn.Conv2d(4, 4, 1, groups=2))
    out = FoldedBackbone().of(dense.eval())(torch.rand(1, 8, 9, 9))
    assert out.is_contiguous(memory_format=torch.channels_last)


# --- the averaged weights of a run ------------------------------------------


@METRICS.register_module(name='test_folded_backbone.CountPersons')
class CountPersons(BaseMetric):
    """How many persons each picture has, and where the first one stands."""

    seen = []

    def process(self, data_batch, data_samples):
        for sample in data_samples:
            persons = sample['pred_instances']
            self.results.append(
                (len(persons['keypoints']), persons['keypoints'].mean()))

    def compute_metrics(self, results):
        CountPersons.seen.append(np.array(results))
        return dict(persons=float(np.mean(results)))


def run_config(folder, estimator):
    """Two short epochs with averaged weights, tested after each and last."""
    cfg = read_config()
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        cfg[loader].dataset.data_root = str(folder / 'data')
        cfg[loader].dataset.ann_file = 'annotations/train.json'
        cfg[loader].dataset.data_prefix = dict(img='train/')
        cfg[loader].update(
            num_workers=0, persistent_workers=False, batch_size=2)
    cfg.model.type = estimator
    cfg.custom_hooks = [dict(type='EMAHook', momentum=0.5)]
    cfg.val_evaluator = cfg.test_evaluator = dict(
        type='test_folded_backbone.CountPersons')
    cfg.train_cfg.update(max_epochs=2, val_interval=1)
    cfg.default_hooks.checkpoint = dict(type='CheckpointHook', interval=2)
    cfg.work_dir = str(folder / estimator)
    cfg.randomness = dict(seed=0)
    cfg.log_level = 'ERROR'
    return cfg


def test_the_averaged_weights_of_a_run_are_those_that_are_tested(tmp_path):
    """EMAHook swaps them in and out behind autograd's back, at each test."""
    draw_crowd(tmp_path / 'data', 4, num_workers=1)
    results = {}
    for estimator in ('BottomupPoseEstimator', 'BatchedBottomupPoseEstimator'):
        CountPersons.seen = []
        runner = Runner.from_cfg(run_config(tmp_path, estimator))
        torch.manual_seed(0)
        shake(runner.model)
        # init_weights of the training would undo it
        runner.model._is_init = True
        runner.train()
        # after the averaged weights, those that training ended with: the
        # hook averages anew
        runner.test()
        results[estimator] = np.array(CountPersons.seen)
    stock, batched = results.values()
    assert stock.shape == (3, 4, 2) and (stock[..., 0] > 0).all()
    for one, other in [(0, 1), (1, 2)]:
        assert not np.allclose(stock[one], stock[other], atol=0.1)
    np.testing.assert_allclose(batched, stock, rtol=1e-3, atol=0.1)
