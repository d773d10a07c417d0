"""A fast test, held against MMPose's own estimator."""
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn as nn
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import DefaultScope
from mmengine.runner import load_checkpoint
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmpose_pinet.datasets.drawn_crowd import draw_image

CONFIG = (
    Path(__file__).parents[3] / 'configs' / 'pinet' /
    'pinet_hrnet-tiny_drawn-crowd.py')


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


def build(estimator='BatchedBottomupPoseEstimator', flip_test=True):
    """Random weights that find something, and statistics that matter."""
    cfg = Config.fromfile(CONFIG)
    cfg.model.type = estimator
    cfg.model.test_cfg.flip_test = flip_test
    torch.manual_seed(0)
    model = MODELS.build(cfg.model).eval()
    with torch.no_grad():
        for module in model.backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(std=0.1)
                module.running_var.uniform_(0.5, 2)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(std=0.1)
        model.head.point_layer.weight.normal_(std=0.1)
        model.head.point_layer.bias.fill_(0.5)
        model.head.displacement_layer.weight.normal_(std=0.1)
    return model


def pack(*shapes, resize_mode='expand'):
    """A batch of drawn pictures of (h, w) px as the loader delivers it."""
    cfg = Config.fromfile(CONFIG)
    steps = list(cfg.test_dataloader.dataset.pipeline)
    steps[1].update(input_size=(128, 128), size_factor=32)
    pipeline = Compose(steps)
    rng = np.random.default_rng(0)
    return pseudo_collate([
        pipeline(
            dict(
                img=draw_image(rng, max(shape))[0][:shape[0], :shape[1]],
                flip_indices=[
                    0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15
                ])) for shape in shapes
    ])


@torch.no_grad()
def test_step(model, batch):
    return [s.pred_instances for s in model.test_step(deepcopy(batch))]


test_step.__test__ = False


@pytest.mark.parametrize('flip_test', [False, True])
def test_it_finds_what_the_stock_estimator_finds(flip_test):
    batch = pack((128, 128), (128, 128))
    expected = test_step(build('BottomupPoseEstimator', flip_test), batch)
    found = test_step(build(flip_test=flip_test), batch)
    for one, other in zip(found, expected):
        assert len(one.keypoints) == len(other.keypoints) > 5
        np.testing.assert_allclose(one.keypoints, other.keypoints, atol=1e-2)
        np.testing.assert_allclose(
            one.bbox_scores, other.bbox_scores, atol=1e-4)


@pytest.mark.parametrize('flip_test', [False, True])
def test_the_backbone_is_called_once_without_a_norm(flip_test):
    model = build(flip_test=flip_test)
    frozen = model._frozen_copy.of(model.backbone)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in frozen.modules())
    shapes = []
    frozen.register_forward_hook(
        lambda module, inputs, _: shapes.append(inputs[0].shape))
    model.backbone.register_forward_hook(
        lambda *_: pytest.fail('the backbone itself was called'))
    test_step(model, pack((128, 128)))
    assert shapes == [(1 + flip_test, 3, 128, 128)]


# --- the copy follows the weights -------------------------------------------


def features(model):
    image = torch.rand(1, 3, 64, 64, generator=torch.manual_seed(1))
    with torch.no_grad():
        expected = model.eval().backbone(image)
        frozen = model._frozen_copy.of(model.backbone)(image)
    for one, other in zip(frozen, expected):
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


def replace(model, tmp_path):
    other = build()
    train(other, tmp_path)
    model.backbone = other.backbone


def to_double_and_back(model, tmp_path):
    train(model, tmp_path)
    model.double().float()


@pytest.mark.parametrize(
    'change', [train, gather_statistics, load, replace, to_double_and_back])
def test_the_copy_follows(change, tmp_path):
    model = build()
    before = features(model)
    change(model, tmp_path)
    assert not torch.allclose(features(model), before, atol=1e-3)


def test_it_is_made_once():
    model = build()
    copy = model._frozen_copy.of(model.backbone)
    test_step(model, pack((128, 128)))
    assert model._frozen_copy.of(model.backbone) is copy


def test_checkpoints_are_those_of_the_stock_estimator():
    model = build()
    test_step(model, pack((128, 128)))
    stock = build('BottomupPoseEstimator')
    assert list(model.state_dict()) == list(stock.state_dict())
    assert [p.shape for p in model.parameters()
            ] == [p.shape for p in stock.parameters()]


# --- images of different shapes ---------------------------------------------


def assert_found_as_alone(model, batch):
    together = test_step(model, batch)
    for number, found in enumerate(together):
        alone, = test_step(model, {k: [v[number]] for k, v in batch.items()})
        assert len(found.keypoints) == len(alone.keypoints) > 5
        np.testing.assert_allclose(found.keypoints, alone.keypoints, atol=1e-2)
        np.testing.assert_allclose(
            found.bbox_scores, alone.bbox_scores, atol=1e-4)


def test_a_batch_of_one_shape_is_images_one_by_one():
    assert_found_as_alone(build(), pack((128, 256), (128, 256)))


def test_a_batch_of_different_shapes_is_images_one_by_one():
    """No image sees the padding that others make necessary."""
    batch = pack((128, 128), (128, 256), (192, 128), (128, 128), (128, 256))
    assert len({image.shape for image in batch['inputs']}) == 3
    assert_found_as_alone(build(), batch)


def test_the_stock_estimator_pads_and_is_refused():
    """It would find persons in the padding."""
    with pytest.raises(
            ValueError, match='model.type=BatchedBottomupPoseEstimator'):
        test_step(build('BottomupPoseEstimator'), pack((128, 128), (128, 256)))


def test_images_of_one_shape_share_a_call():
    model = build()
    shapes = []
    model._frozen_copy.of(model.backbone).register_forward_hook(
        lambda module, inputs, _: shapes.append(tuple(inputs[0].shape)))
    test_step(model, pack((128, 128), (128, 256), (128, 128)))
    assert shapes == [(4, 3, 128, 128), (2, 3, 128, 256)]


def test_heatmaps_are_those_of_each_image():
    model = build()
    model.test_cfg.output_heatmaps = True
    batch = pack((128, 128), (128, 256), (128, 128))
    with torch.no_grad():
        samples = model.test_step(deepcopy(batch))
        for number, sample in enumerate(samples):
            alone, = model.test_step(
                deepcopy({
                    k: [v[number]]
                    for k, v in batch.items()
                }))
            torch.testing.assert_close(
                sample.pred_fields.heatmaps,
                alone.pred_fields.heatmaps,
                rtol=1e-3,
                atol=1e-3)


def test_samples_that_know_of_no_padding():
    """As a preprocessor other than MMPose's may leave them."""
    model = build()
    samples = model.data_preprocessor(pack((128, 128)))
    sample = PoseDataSample(
        metainfo={
            k: v
            for k, v in samples['data_samples'][0].metainfo.items()
            if k != 'pad_shape'
        })
    sample.gt_instances = samples['data_samples'][0].gt_instances
    with torch.no_grad():
        found, = model.predict(samples['inputs'], [sample])
        expected, = model.predict(**samples)
    np.testing.assert_array_equal(found.pred_instances.keypoints,
                                  expected.pred_instances.keypoints)
