"""Bilinear reading against ``torch.nn.functional.grid_sample``."""
import pytest
import torch
import torch.nn.functional as F

from mmpose_pinet.codecs.bilinear import cell_to_point, cross, linear_corners


def bilinear_corners(points, size):
    return cross(*map(linear_corners, points.unbind(-1), size), size[0])


def read_by_corners(image, points):
    """(H, W) at (n, 2)."""
    cells, weights = bilinear_corners(points, image.shape[::-1])
    return (image.flatten()[cells] * weights).sum(-1)


def read_by_grid_sample(image, points):
    """The same; -1 and 1 are the outer borders of the outermost cells."""
    size = points.new_tensor(image.shape[::-1])
    grid = (2 * points + 1) / size - 1
    return F.grid_sample(
        image[None, None], grid[None, None], align_corners=False)[0, 0, 0]


@pytest.mark.parametrize('size', [(12, 7), (3, 30), (1, 5), (1, 1)])
def test_as_grid_sample_on_and_off_the_map(size):
    torch.manual_seed(0)
    w, h = size
    image = torch.rand(h, w, dtype=torch.double)
    points = (torch.rand(500, 2, dtype=torch.double) * 3 - 1) * max(size)
    whole_cells = torch.cartesian_prod(
        torch.arange(-2, w + 2), torch.arange(-2, h + 2)).double()
    points = torch.cat([points, whole_cells])
    torch.testing.assert_close(
        read_by_corners(image, points), read_by_grid_sample(image, points))


@pytest.mark.parametrize('far', [1e4, 1e10, 1e20, 3e38])
def test_far_outside_is_zero_and_can_be_read(far):
    """Poses of an untrained network may lie anywhere."""
    image = torch.ones(5, 6)
    points = torch.tensor([[far, 2], [-far, 2], [2, far], [2, -far],
                           [far, -far]])
    cells, _ = bilinear_corners(points, (6, 5))
    assert ((cells >= 0) & (cells < 30)).all()
    assert (read_by_corners(image, points) == 0).all()


def test_shapes_of_any_number_of_axes():
    cells, weights = bilinear_corners(torch.rand(2, 3, 5, 2), (4, 4))
    assert cells.shape == weights.shape == (2, 3, 5, 4)
    assert cells.dtype == torch.int64
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 5))


def test_flat_cells_as_points():
    points = cell_to_point(torch.tensor([0, 5, 6, 29]), 6)
    assert points.tolist() == [[0, 0], [5, 0], [0, 1], [5, 4]]
    assert points.dtype == torch.float32
