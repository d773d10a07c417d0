"""A fast test, held against MMPose's own estimator."""
from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn as nn
from bodies import FLIP
from mmengine.dataset import Compose, pseudo_collate
from mmpose.structures import PoseDataSample
from slim_model import build, read_config

from mmpose_pinet.datasets.drawn import draw_image


def pack(*shapes, resize_mode='expand'):
    """A batch of drawn pictures of (h, w) px as the loader delivers it."""
    cfg = read_config()
    steps = list(cfg.test_dataloader.dataset.pipeline)
    steps[1].update(input_size=(128, 128), size_factor=32)
    pipeline = Compose(steps)
    rng = np.random.default_rng(0)
    return pseudo_collate([
        pipeline(
            dict(
                img=draw_image(rng, max(shape))[0][:shape[0], :shape[1]],
                flip_indices=FLIP['coco'])) for shape in shapes
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
    folded = model._folded_backbone.of(model.backbone)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    shapes = []
    folded.register_forward_hook(
        lambda module, inputs, _: shapes.append(inputs[0].shape))
    model.backbone.register_forward_hook(
        lambda *_: pytest.fail('the backbone itself was called'))
    test_step(model, pack((128, 128)))
    assert shapes == [(1 + flip_test, 3, 128, 128)]


def test_a_model_in_training_has_no_copy_of_its_backbone():
    """Norms take the statistics of what it predicts then, as the stock
    estimator's do."""
    batch = pack((128, 128))
    results = []
    for estimator in 'BottomupPoseEstimator', 'BatchedBottomupPoseEstimator':
        model = build(estimator, flip_test=False).train()
        data = model.data_preprocessor(deepcopy(batch))
        before = model.backbone.bn1.running_mean.clone()
        with torch.no_grad():
            found, = model.predict(**data)
        assert not torch.equal(model.backbone.bn1.running_mean, before)
        results.append(found.pred_instances.keypoints)
    assert model._folded_backbone._folded is None
    np.testing.assert_allclose(*results, atol=1e-2)
    assert len(results[0]) > 5


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
    with pytest.raises(ValueError, match="model.type='BatchedBottomupPose"):
        test_step(build('BottomupPoseEstimator'), pack((128, 128), (128, 256)))


def test_images_of_one_shape_share_a_call():
    model = build()
    shapes = []
    model._folded_backbone.of(model.backbone).register_forward_hook(
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
