"""A test that replays finds what a plain test finds."""
from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn as nn
from mmpose.registry import MODELS
from slim_model import build, read_config
from tape import Recorder
from test_batched_bottomup import pack, test_step

from mmpose_pinet.models.cuda_graphs import can_replay
from mmpose_pinet.models.heads import pinet_head
from mmpose_pinet.models.pose_estimators import batched_bottomup
from mmpose_pinet.models.pose_estimators.graphed_backbone import FoldingCopy

needs_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason='no GPU is here')


def draw_images(*shape):
    return torch.rand(*shape, generator=torch.manual_seed(1))


@torch.no_grad()
def assert_same_features(modules, copy, images):
    expected = images
    for module in modules:
        expected = module(expected)
    found = copy(images)
    assert len(found) == len(expected)
    for one, other in zip(found, expected):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
    return found


def build_fpn():
    torch.manual_seed(0)
    backbone = MODELS.build(
        dict(type='MobileNetV2', widen_factor=0.25, out_indices=(1, 2)))
    backbone.eval()
    channels = [x.shape[1] for x in backbone(torch.zeros(1, 3, 32, 32))]
    neck = MODELS.build(
        dict(
            type='FPN',
            in_channels=channels,
            out_channels=8,
            num_outs=2,
            norm_cfg=dict(type='BN')))
    return [backbone, neck.eval()]


@pytest.mark.parametrize('modules', [lambda: [build().backbone], build_fpn])
def test_norms_are_folded_in_anew_in_each_call(modules):
    modules = modules()
    copy = FoldingCopy(modules)
    assert not any(
        isinstance(x, nn.BatchNorm2d) for x in copy._network.modules())
    images = draw_images(2, 3, 64, 64)
    before = assert_same_features(modules, copy, images)
    for module in modules:
        for value in [*module.parameters(), *module.buffers()]:
            value.data.copy_(value.data * 1.1)
    after = assert_same_features(modules, copy, images)
    assert not torch.allclose(after[0], before[0], rtol=1e-2)


def test_convolutions_with_a_bias_are_folded():
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)).eval()
    nn.init.normal_(network[1].running_mean)

    class Maps(nn.Module):

        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            return [self.network(x)]

    copy = FoldingCopy([Maps()])
    assert not isinstance(copy._network[0].network[1], nn.BatchNorm2d)
    assert_same_features([Maps()], copy, draw_images(1, 3, 5, 5))
    network[0].bias.data += 1
    assert_same_features([Maps()], copy, draw_images(1, 3, 5, 5))


@pytest.mark.parametrize('norm', [
    nn.BatchNorm2d(4, affine=False),
    nn.BatchNorm2d(4, track_running_stats=False),
    nn.GroupNorm(2, 4),
])
def test_norms_that_cannot_be_folded_stay(norm):

    class Maps(nn.Sequential):

        def forward(self, x):
            return [super(Maps, self).forward(x)]

    network = Maps(nn.Conv2d(3, 4, 1), norm, nn.ReLU(), nn.BatchNorm2d(4))
    network.eval()
    copy = FoldingCopy([network])
    assert type(copy._network[0][1]) is type(norm)
    assert_same_features([network], copy, draw_images(2, 3, 5, 5))


# --- the whole test ---------------------------------------------------------


class OnGpu:
    """Of an input that passes for one on a GPU."""
    is_cuda = True


@pytest.fixture
def replayed(monkeypatch):
    """A model on the CPU that replays."""
    for module in pinet_head, batched_bottomup:
        monkeypatch.setattr(
            module, 'can_replay',
            lambda model, test_cfg, _: can_replay(model, test_cfg, OnGpu))
    monkeypatch.setattr(torch.cuda, 'synchronize', lambda: None)
    model = build()
    model.test_cfg.cuda_graphs = True
    for graphs in recordings(model):
        graphs._record = Recorder()
    return model


def recordings(model):
    return (model._graphed_backbone._graphs,
            model.head._graphed_candidates._graphs)


def assert_same_persons(found, expected):
    for one, other in zip(found, expected):
        assert len(one.keypoints) == len(other.keypoints)
        np.testing.assert_allclose(one.keypoints, other.keypoints, atol=1e-2)
        np.testing.assert_allclose(
            one.keypoint_scores, other.keypoint_scores, atol=1e-4)


@pytest.mark.parametrize('flip_test, decode_thr', [(True, 0.01), (True, 1.),
                                                   (True, 99.), (False, 1.)])
def test_it_finds_what_a_plain_test_finds(replayed, flip_test, decode_thr):
    """Of some, of many, and of no peaks that count."""
    plain = build(flip_test=flip_test)
    replayed.test_cfg.flip_test = flip_test
    for model in plain, replayed:
        model.head.decoder.decode_thr = decode_thr
    # images of two shapes in a batch, then one
    for shapes in [(128, 128), (128, 96), (128, 128)], [(128, 96)]:
        batch = pack(*shapes)
        expected = test_step(plain, batch)
        assert (len(expected[0].keypoints) > 0) == (decode_thr < 99)
        for _ in range(3):
            assert_same_persons(test_step(replayed, batch), expected)
    assert [x._record.count for x in recordings(replayed)] == [2, 2]


def test_several_scales_replay_too(replayed):
    cfg = read_config()
    cfg.model.data_preprocessor.type = 'PyramidDataPreprocessor'
    cfg.model.test_cfg.multiscale_test = True
    plain = build(cfg=cfg)
    replayed.data_preprocessor = plain.data_preprocessor
    replayed.test_cfg.multiscale_test = True
    batch = pack((128, 128), (128, 128))
    for sample in batch['data_samples']:
        sample.set_metainfo(dict(aug_scales=[0.5]))
    batch['inputs'] = [
        list(levels) for levels in zip(*((x, x[:, ::2, ::2].contiguous())
                                         for x in batch['inputs']))
    ]
    expected = test_step(plain, batch)
    for _ in range(3):
        assert_same_persons(test_step(replayed, batch), expected)
    assert [x._record.count for x in recordings(replayed)] == [2, 1]


def test_heatmaps_are_those_of_a_plain_test(replayed):
    batch, plain = pack((128, 128)), build()
    maps = []
    for model in plain, replayed, replayed, replayed:
        model.test_cfg.output_heatmaps = True
        with torch.no_grad():
            sample, = model.test_step(deepcopy(batch))
        maps.append(sample.pred_fields.heatmaps)
    for other in maps[1:]:
        torch.testing.assert_close(other, maps[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('change', [
    lambda model: model.head.point_layer.bias.data.add_(0.1),
    lambda model: setattr(model.head.decoder, 'decode_thr', 2.),
    lambda model: setattr(model.head.decoder, 'decode_max_instances', 3),
    lambda model: model.backbone.conv1.weight.data.mul_(-1),
    lambda model: model.test_cfg.update(flip_test=False),
])
def test_changes_are_seen(replayed, change):
    batch, plain = pack((128, 128)), build()
    for _ in range(3):
        before = test_step(replayed, batch)
    change(replayed)
    change(plain)
    expected = test_step(plain, batch)
    assert before[0].keypoints.shape != expected[0].keypoints.shape or \
        not np.allclose(before[0].keypoints, expected[0].keypoints, atol=0.1) \
        or not np.allclose(before[0].keypoint_scores,
                           expected[0].keypoint_scores, atol=1e-3)
    for _ in range(3):
        assert_same_persons(test_step(replayed, batch), expected)


def test_a_cpu_keeps_its_folded_copy():
    model = build()
    model.test_cfg.cuda_graphs = True
    test_step(model, pack((128, 128)))
    assert model._folded_backbone._folded is not None
    assert not any(graphs._replays for graphs in recordings(model))


@needs_gpu
@pytest.mark.parametrize('precision, atol', [('fp32', 0.1), ('fp16', 4.)])
def test_on_a_gpu(precision, atol, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, 'allow_tf32', False)
    plain, replayed = build().cuda(), build().cuda()
    for model in plain, replayed:
        model.test_cfg.precision = precision
    replayed.test_cfg.cuda_graphs = True
    for change in (lambda x: x.mul_(1), lambda x: x.mul_(1.01)):
        for model in plain, replayed:
            change(model.backbone.conv1.weight.data)
        for shapes in [(128, 128)], [(128, 96)] * 2, [(128, 128)]:
            batch = pack(*shapes)
            expected = test_step(plain, batch)
            for _ in range(3):
                found = test_step(replayed, batch)
                for one, other in zip(found, expected):
                    # the best person; others may change places
                    np.testing.assert_allclose(
                        one.keypoints[0], other.keypoints[0], atol=atol)
    assert all(graphs._replays for graphs in recordings(replayed))
