"""The rows of a batch, and which of them refinement is trained on."""
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from mmpose_pinet.models.heads.target_rows import TargetRows

K, S, W, H = 3, 2, 8, 6


def draw_samples(*num_rows):
    torch.manual_seed(0)
    samples = []
    for count in num_rows:
        keys = torch.randperm(S * W * H)[:count]
        weights = torch.rand(count, K) * (torch.rand(count, K) < 0.3)
        sample = PoseDataSample()
        sample.gt_instance_labels = InstanceData(
            part_indices=keys // (W * H),
            cell_indices=keys % (W * H),
            displacements=torch.randn(count, K, 2),
            displacement_weights=weights)
        samples.append(sample)
    return samples


def test_rows_know_their_image_and_place():
    samples = draw_samples(4, 0, 2)
    rows = TargetRows.collect(samples, torch.rand(3, S, H, W))
    assert rows.images.tolist() == [0, 0, 0, 0, 2, 2]
    last = samples[2].gt_instance_labels
    torch.testing.assert_close(rows.parts[4:], last.part_indices)
    for i in range(2):
        cell = last.cell_indices[i].item()
        point = torch.tensor([cell % W, cell // W]).float()
        torch.testing.assert_close(rows.points[4 + i], point)
        torch.testing.assert_close(rows.poses[4 + i],
                                   point + last.displacements[i])
        for axis in range(2):
            torch.testing.assert_close(rows.weights[4 + i, :, axis],
                                       last.displacement_weights[i])


@pytest.mark.parametrize('num_rows', [(60, 5, 0, 30), (1, ), (0, 0)])
@pytest.mark.parametrize('limit', [1, 7, 40])
def test_strongest_as_by_loop(num_rows, limit):
    """The best of each part and image: heatmap times largest weight."""
    samples = draw_samples(*num_rows)
    part_maps = torch.rand(len(num_rows), S, H, W)
    part_maps[:, :, 0] = 0  # cells beyond every Gaussian are never chosen
    rows = TargetRows.collect(samples, part_maps)
    expected, first = [], 0
    for b, sample in enumerate(samples):
        labels = sample.gt_instance_labels
        for s in range(S):
            strength = {
                first + i: (part_maps[b, s].flatten()[labels.cell_indices[i]] *
                            labels.displacement_weights[i].max()).item()
                for i in range(num_rows[b]) if labels.part_indices[i] == s
            }
            ranked = sorted(strength, key=lambda i: -strength[i])
            expected += [i for i in ranked if strength[i] > 0][:limit]
        first += num_rows[b]
    assert rows.strongest(limit).tolist() == expected


def test_parts_of_flat_maps_are_not_mixed_up():
    """Two images, two parts, maps of one row of cells."""
    samples = []
    for _ in range(2):
        sample = PoseDataSample()
        sample.gt_instance_labels = InstanceData(
            part_indices=torch.tensor([0, 1]),
            cell_indices=torch.tensor([2, 3]),
            displacements=torch.zeros(2, K, 2),
            displacement_weights=torch.ones(2, K))
        samples.append(sample)
    rows = TargetRows.collect(samples, torch.ones(2, 2, 1, 5))
    assert len(set(rows.groups.tolist())) == 4
    assert rows.strongest(1).tolist() == [0, 1, 2, 3]
