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


def test_rows_know_their_image():
    samples = draw_samples(4, 0, 2)
    rows = TargetRows.collect(samples)
    assert rows.images.tolist() == [0, 0, 0, 0, 2, 2]
    last = samples[2].gt_instance_labels
    torch.testing.assert_close(rows.parts[4:], last.part_indices)
    torch.testing.assert_close(rows.cells[4:], last.cell_indices)
    torch.testing.assert_close(rows.displacements[4:], last.displacements)
    torch.testing.assert_close(rows.weights[4:], last.displacement_weights)


@pytest.mark.parametrize('num_rows', [(60, 5, 0, 30), (1, ), (0, 0)])
@pytest.mark.parametrize('limit', [1, 7, 40])
def test_strongest_as_by_loop(num_rows, limit):
    """The best of each part and image: heatmap times largest weight."""
    rows = TargetRows.collect(draw_samples(*num_rows))
    part_maps = torch.rand(len(num_rows), S, H, W)
    part_maps[:, :, 0] = 0  # cells beyond every Gaussian are never chosen
    expected = []
    for b in range(len(num_rows)):
        for s in range(S):
            strength = {
                i: (part_maps[b, s].flatten()[rows.cells[i]] *
                    rows.weights[i].max()).item()
                for i in range(sum(num_rows))
                if rows.images[i] == b and rows.parts[i] == s
            }
            ranked = sorted(strength, key=lambda i: -strength[i])
            expected += [i for i in ranked if strength[i] > 0][:limit]
    assert rows.strongest(part_maps, limit).tolist() == expected
