"""Scores of keypoints, one pose at a time."""
import math

import pytest
import torch
import torch.nn as nn
from mmpose.registry import MODELS

from mmpose_pinet.models.layers import KeypointScoring

K, C, S = 3, 4, 2


def build(**kwargs):
    """With weights and statistics of all kinds."""
    torch.manual_seed(0)
    layer = KeypointScoring(C, K, S, hidden_channels=6, **kwargs).double()
    for value in layer.state_dict().values():
        if value.is_floating_point() and value.dim() == 1:
            nn.init.uniform_(value, 0.5, 1.5)
    return layer


def draw(count):
    torch.manual_seed(1)
    return dict(
        keypoint_features=torch.randn(K, count, C).double(),
        part_features=torch.randn(count, C).double(),
        heatmap_values=torch.randn(count, K + 1).double(),
        poses=torch.rand(count, K, 2).double() * 20,
        parts=torch.arange(count) % S)


def normalise(x, norm):
    x = (x - norm.running_mean) / (norm.running_var + norm.eps).sqrt()
    return x * norm.weight + norm.bias


def score_one(layer, features, part_feature, values, pose, part):
    """The logits (K, ) of one pose."""
    inputs = []
    for c in range(C):
        inputs.append(sum(features[k, c] for k in range(K)) / K)
    for c in range(C):
        inputs.append(max(features[k, c] for k in range(K)))
    inputs += [*part_feature, *values]
    for axis in range(2):
        inputs.append(
            math.log(max(pose[:, axis].max() - pose[:, axis].min(), 1)))
    inputs += [float(part == s) for s in range(S)]
    x = normalise(torch.tensor(inputs).double(), layer.input_norm)
    hidden = layer.hidden.weight @ x + layer.hidden.bias
    hidden = normalise(hidden, layer.norm).clamp(min=0)
    return layer.predict.weight @ hidden + layer.predict.bias


@torch.no_grad()
def test_as_pose_by_pose():
    layer, drawn = build().eval(), draw(5)
    drawn['poses'][2] = 7.  # a pose of no size
    found = layer(**drawn)
    assert found.shape == (5, K)
    for t in range(5):
        expected = score_one(layer, drawn['keypoint_features'][:, t],
                             drawn['part_features'][t],
                             drawn['heatmap_values'][t], drawn['poses'][t],
                             drawn['parts'][t])
        torch.testing.assert_close(found[t], expected)


@pytest.mark.parametrize('count', [0, 1, 2])
def test_few_poses_in_training(count):
    layer = build().train()
    logits = layer(**draw(count))
    assert logits.shape == (count, K) and logits.isfinite().all()
    logits.sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_a_training_normalises_by_the_batch():
    layer, drawn = build().train(), draw(4)
    before = layer.input_norm.running_mean.clone()
    layer(**drawn)
    means = drawn['part_features'].mean(0)
    moved = before[2 * C:3 * C].lerp(means, layer.input_norm.momentum)
    torch.testing.assert_close(layer.input_norm.running_mean[2 * C:3 * C],
                               moved)


def test_built_by_name_as_configs_do():
    layer = MODELS.build(
        dict(
            type='KeypointScoring',
            in_channels=C,
            num_keypoints=K,
            num_parts=S))
    assert layer.hidden.out_features == 128
    assert layer.predict.out_features == K


@pytest.mark.parametrize('wrong', [0, 1.5, '128'])
def test_wrong_config(wrong):
    with pytest.raises(ValueError, match='^KeypointScoring: hidden_channels='):
        KeypointScoring(C, K, S, hidden_channels=wrong)


def test_one_hidden_channel_is_the_least():
    assert KeypointScoring(C, K, S, hidden_channels=1).hidden.out_features == 1


def test_weights_start_as_init_cfg_says():
    start = dict(type='Constant', layer='Linear', val=.5, bias=.25)
    layer = KeypointScoring(C, K, S, init_cfg=start)
    layer.init_weights()
    for linear in layer.hidden, layer.predict:
        assert (linear.weight == .5).all() and (linear.bias == .25).all()
