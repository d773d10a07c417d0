"""Losses of the sparse head against dense maps and plain formulae."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData, PixelData
from mmpose.structures import PoseDataSample
from small_head import C, K, S, build_small_head

from mmpose_pinet.models.layers import FeaturePyramid

W, H = 16, 12


def build_head(**kwargs):
    """In training."""
    return build_small_head((W, H), **kwargs).train()


def draw_sample(rng, num_rows):
    """Targets of an image, with cells and weights at random."""
    keys = rng.choice(S * W * H, num_rows, replace=False)
    weights = rng.uniform(0.01, 0.05, (num_rows, K))
    weights *= rng.random((num_rows, K)) < 0.6
    weights[num_rows // 2:num_rows // 2 + num_rows // 10] = 0
    rows = dict(
        part_indices=keys // (W * H),
        cell_indices=keys % (W * H),
        displacements=rng.normal(scale=3, size=(num_rows, K, 2)),
        displacement_weights=weights)
    maps = dict(
        heatmaps=rng.random((K + S, H, W)),
        heatmap_weights=rng.choice([0.1, 1], (K + S, H, W)))

    def tensors(arrays):
        return {
            name:
            torch.from_numpy(x).float()
            if x.dtype == float else torch.from_numpy(x)
            for name, x in arrays.items()
        }

    sample = PoseDataSample()
    sample.gt_instance_labels = InstanceData(**tensors(rows))
    sample.gt_fields = PixelData(**tensors(maps))
    return sample


def draw_batch(*num_rows):
    rng = np.random.default_rng(0)
    torch.manual_seed(1)
    features = torch.randn(len(num_rows), C, H, W, requires_grad=True)
    return features, [draw_sample(rng, count) for count in num_rows]


# --- the reference ----------------------------------------------------------


def smooth_l1(prediction, target, weights, loss_weight=0.03, beta=1 / 9):
    """Summed, over the number of positive weights, x and y apart."""
    error = (prediction - target).abs()
    error = torch.where(error < beta, error**2 / (2 * beta), error - beta / 2)
    return loss_weight * (error * weights).sum() / (weights > 0).sum()


def dense_targets(samples):
    """Displacements and weights as maps, (B, S, K, 2, H, W)."""
    maps = torch.zeros(2, len(samples), S, K, 2, H, W)
    for b, sample in enumerate(samples):
        rows = sample.gt_instance_labels
        for s, cell, displacement, weight in zip(rows.part_indices,
                                                 rows.cell_indices,
                                                 rows.displacements,
                                                 rows.displacement_weights):
            y, x = cell // W, cell % W
            maps[0, b, s, :, :, y, x] = displacement
            maps[1, b, s, :, :, y, x] = weight[:, None]
    return maps


def dense_losses(head, features, samples, refine_samples=40):
    """The three losses, by maps of everything."""
    heatmaps = torch.stack([d.gt_fields.heatmaps for d in samples])
    map_weights = torch.stack([d.gt_fields.heatmap_weights for d in samples])
    error = (head((features, )) - heatmaps)**2 * map_weights
    losses = {'loss/heatmap': error.sum() / error.numel()}

    layer = head.displacement_layer
    predicted = F.conv2d(features, layer.weight[..., None, None], layer.bias)
    predicted = predicted.view(-1, S, K, 2, H, W)
    target, weights = dense_targets(samples)
    losses['loss/displacement'] = smooth_l1(predicted, target, weights)
    if head.refinement is None:
        return losses

    # the refined cells of each part and image, one after the other
    keypoint_features, part_features, coarse, chosen = [], [], [], []
    for b in range(len(samples)):
        for s in range(S):
            strength = heatmaps[b, K + s] * weights[b, s].amax((0, 1))
            best = sorted([(-strength[y, x].item(), y, x)
                           for y, x in strength.nonzero().tolist()
                           ])[:refine_samples]
            for _, y, x in best:
                displacement = predicted[b, s, :, :, y, x].detach()
                pose = displacement + torch.tensor([x, y])
                grid = pose / torch.tensor([(W - 1) / 2, (H - 1) / 2]) - 1
                keypoint_features.append(
                    F.grid_sample(
                        features[b:b + 1],
                        grid[None, None],
                        align_corners=False)[0, :, 0].T)
                part_features.append(features[b, :, y, x])
                coarse.append(displacement)
                chosen.append((b, s, slice(None), slice(None), y, x))
    corrections = head.refinement(
        torch.stack(keypoint_features, dim=1), torch.stack(part_features))
    losses['loss/refine'] = smooth_l1(
        torch.stack(coarse) + corrections,
        torch.stack([target[i] for i in chosen]),
        torch.stack([weights[i] for i in chosen]))
    return losses


# --- the tests --------------------------------------------------------------


@pytest.mark.parametrize('num_rows', [(250, 180), (30, 0), (1, 1)])
def test_losses_and_gradients_as_dense(num_rows):
    """More than 40 rows a part and image, few of them, and single ones."""
    head = build_head()
    features, samples = draw_batch(*num_rows)
    wanted = [features, *head.parameters()]
    results = [
        dense_losses(head, features, samples),
        head.loss((features, ), samples)
    ]
    expected, losses = results
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        assert value > 0
        torch.testing.assert_close(losses[name], value, rtol=1e-4, atol=1e-6)

    gradients_expected, gradients = (
        torch.autograd.grad(sum(x.values()), wanted) for x in results)
    for gradient, gradient_expected in zip(gradients, gradients_expected):
        torch.testing.assert_close(
            gradient, gradient_expected, rtol=1e-3, atol=1e-5)


def test_number_of_refined_poses_is_a_setting():
    head = build_head()
    features, samples = draw_batch(250, 180)
    losses = head.loss((features, ), samples, dict(refine_samples=5))
    expected = dense_losses(head, features, samples, refine_samples=5)
    torch.testing.assert_close(
        losses['loss/refine'], expected['loss/refine'], rtol=1e-4, atol=0)
    default = head.loss((features, ), samples, None)['loss/refine']
    assert not torch.isclose(losses['loss/refine'], default, rtol=1e-3)


def test_without_refinement():
    head = build_head(refinement=None)
    features, samples = draw_batch(40, 50)
    losses = head.loss((features, ), samples)
    for name, value in dense_losses(head, features, samples).items():
        torch.testing.assert_close(losses.pop(name), value)
    assert losses == {}


def test_refinement_does_not_train_displacements():
    head = build_head()
    features, samples = draw_batch(60, 60)
    head.loss((features, ), samples)['loss/refine'].backward()
    gradient = head.displacement_layer.weight.grad
    assert gradient is None or not gradient.any()
    assert features.grad.any()


def test_masked_cells_teach_nothing():
    """Nor do they change the divisor: the mean runs over all cells."""
    head = build_head()
    features, samples = draw_batch(10, 10)
    masks = torch.rand(2, 1, H, W) < 0.7
    for sample, mask in zip(samples, masks):
        sample.gt_fields.heatmap_mask = mask
    loss = head.loss((features, ), samples)['loss/heatmap']

    maps = [d.gt_fields for d in samples]
    error = head((features, )) - torch.stack([m.heatmaps for m in maps])
    error = error**2 * torch.stack([m.heatmap_weights for m in maps]) * masks
    torch.testing.assert_close(loss, error.mean())
    gradient, = torch.autograd.grad(loss, features)
    assert (gradient.any(1, keepdim=True) == masks).all()


def test_autocast_keeps_coordinates_and_losses_in_float32(monkeypatch):
    """Features and weights are in bfloat16, which has 8 bits."""
    head = build_head()
    features, samples = draw_batch(40, 40)
    low = features.detach().bfloat16()
    types, coarse, read_at = [], [], []
    for loss in head.loss_module.values():
        loss.register_forward_hook(
            lambda _, given, out: types.extend([given[0].dtype, out.dtype]))
    loss = head.loss_module['displacement']
    loss.register_forward_hook(lambda _, given, out: coarse.append(given[0]))
    read = FeaturePyramid.read
    monkeypatch.setattr(
        FeaturePyramid, 'read', lambda pyramid, images, points:
        (read_at.append(points), read(pyramid, images, points))[1])
    with torch.autocast('cpu', torch.bfloat16):
        head.loss((low, ), samples)

    assert types == [torch.float32] * 6
    assert all(points.dtype == torch.float32 for points in read_at)
    # the displacements of these features, not rounded to bfloat16
    head.loss((low.float(), ), samples)
    torch.testing.assert_close(coarse[0], coarse[1])
    assert (coarse[0] != coarse[0].bfloat16()).any()


@pytest.mark.parametrize('num_rows', [(0, 0), (0, 1), (0, 30), (2, 0)])
def test_everything_takes_part_though_there_is_nobody(num_rows):
    """DDP stops at a parameter without a gradient."""
    head = build_head()
    features, samples = draw_batch(*num_rows)
    if num_rows == (0, 1):  # a person without a labelled joint inside
        samples[1].gt_instance_labels.displacement_weights[:] = 0
    losses = head.loss((features, ), samples)
    assert all(loss.isfinite() for loss in losses.values())
    sum(losses.values()).backward()
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    if sum(num_rows) < 2:
        assert losses['loss/displacement'] == losses['loss/refine'] == 0
    assert all(x.isfinite().all() for x in head.state_dict().values())


def test_initial_weights():
    """N(0, 0.001) for the layers that make maps and displacements."""
    head = build_head()
    head.init_weights()
    for layer in (head.point_layer, head.displacement_layer):
        assert 5e-4 < layer.weight.std() < 2e-3
        assert not layer.bias.any()
    assert head.refinement.fuse.weight.std() > 0.01


def test_another_codec_is_refused():
    spr = dict(type='SPR', input_size=(64, 48), heatmap_size=(16, 12))
    with pytest.raises(ValueError) as error:
        build_head(decoder=dict(spr, generate_keypoint_heatmaps=True))
    assert 'model.head.decoder is a SPR' in str(error.value)
    assert "type='PartSPR'" in str(error.value)
