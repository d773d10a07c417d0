"""Sparse reading of features against ``grid_sample`` on the whole map, and
their convolution against one of what MMPose's neck concatenates."""
import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F
from mmpose.models.necks import FeatureMapProcessor

from mmpose_pinet.models.layers import FeaturePyramid
from mmpose_pinet.models.layers.pose_refinement import sampling_points


def read_dense(features, images, grid):
    """``grid_sample`` with zero padding, one image after the other."""
    columns = torch.zeros(len(images), features.shape[1]).to(features)
    for b, image in enumerate(features):
        mine = images == b
        columns = columns.index_put((mine, ),
                                    F.grid_sample(
                                        image[None],
                                        grid[mine][None, None],
                                        align_corners=False)[0, :, 0].T)
    return columns


def drawn(memory_format=torch.contiguous_format):
    """Features (3, 4, 6, 9) and points (60, 2), some off the map."""
    torch.manual_seed(0)
    features = torch.randn(3, 4, 6, 9, dtype=torch.double)
    points = torch.rand(60, 2, dtype=torch.double) * torch.tensor([13, 10]) - 2
    return (features.to(memory_format=memory_format).requires_grad_(),
            torch.randint(3, (60, )), points)


@pytest.mark.parametrize('memory_format',
                         [torch.contiguous_format, torch.channels_last])
def test_values_and_gradients_as_dense(memory_format):
    features, images, points = drawn(memory_format)
    columns = FeaturePyramid([features]).read(images, points)
    grid = (2 * points + 1) / torch.tensor([9, 6]) - 1
    expected = read_dense(features, images, grid)
    torch.testing.assert_close(columns, expected)

    upstream = torch.randn_like(columns)
    gradient, = torch.autograd.grad(columns, features, upstream)
    gradient_expected, = torch.autograd.grad(expected, features, upstream)
    torch.testing.assert_close(gradient, gradient_expected)


def test_sampling_points_are_those_of_the_release():
    """``grid_sample(align_corners=False)`` at x / ((W-1)/2) - 1."""
    features, images, poses = drawn()
    columns = FeaturePyramid([features]).read(images,
                                              sampling_points(poses, (9, 6)))
    grid = torch.stack([poses[:, 0] / (8 / 2), poses[:, 1] / (5 / 2)], -1) - 1
    torch.testing.assert_close(columns, read_dense(features, images, grid))


def test_whole_cells_are_the_columns_themselves():
    """Of single and half precision alike, bit by bit."""
    for dtype in (torch.float, torch.bfloat16):
        features = torch.randn(2, 4, 5, 5).to(dtype)
        columns = FeaturePyramid([features]).read(
            torch.tensor([1, 0]), torch.tensor([[3., 2], [0, 4]]))
        assert columns.dtype == dtype
        torch.testing.assert_close(
            columns,
            torch.stack([features[1, :, 2, 3], features[0, :, 4, 0]]),
            rtol=0,
            atol=0)


@pytest.mark.parametrize('sizes', [
    [(24, 16), (12, 8), (6, 4), (3, 2)],
    [(24, 16), (24, 16), (12, 16)],
    [(11, 13), (5, 7), (2, 3)],
    [(9, 10), (1, 1)],
])
def test_smaller_levels_are_read_as_if_resized(sizes):
    """Values and gradients, on the map, off it and near its border."""
    torch.manual_seed(0)
    w, h = sizes[0]
    levels = [
        torch.randn(3, c + 2, *size[::-1],
                    dtype=torch.double).requires_grad_()
        for c, size in enumerate(sizes)
    ]
    points = torch.rand(200, 2, dtype=torch.double)
    points = points * torch.tensor([w + 4, h + 4]) - 2
    cells = torch.cartesian_prod(
        torch.arange(-1, w + 1), torch.arange(-1, h + 1))
    points = torch.cat([points, cells])
    images = torch.randint(3, (len(points), ))
    columns = FeaturePyramid(levels).read(images, points)

    whole = torch.cat([
        F.interpolate(x, (h, w), mode='bilinear', align_corners=False)
        for x in levels
    ],
                      dim=1)
    grid = (2 * points + 1) / torch.tensor([w, h]) - 1
    expected = read_dense(whole, images, grid)
    torch.testing.assert_close(columns, expected)
    upstream = torch.randn_like(columns)
    for gradient, gradient_expected in zip(
            torch.autograd.grad(columns, levels, upstream),
            torch.autograd.grad(expected, levels, upstream)):
        torch.testing.assert_close(gradient, gradient_expected)


@pytest.mark.parametrize('far', [1e4, 1e10, 3e38])
def test_smaller_levels_are_zero_far_outside(far):
    levels = [torch.ones(1, 1, 6, 8), torch.ones(1, 1, 3, 4)]
    points = torch.tensor([[far, 2], [-far, 2], [2, far], [2, -far]])
    columns = FeaturePyramid(levels).read(
        torch.zeros(4, dtype=torch.long), points)
    assert (columns == 0).all()


def test_channels_last_is_not_copied():
    features = torch.randn(2, 4, 5, 5).to(memory_format=torch.channels_last)
    columns, = FeaturePyramid([features])._columns
    assert columns.data_ptr() == features.data_ptr()


def test_no_gradient_flows_into_points():
    """The input pose of refinement is detached."""
    features, images, points = drawn()
    points.requires_grad_()
    FeaturePyramid([features]).read(images, points).sum().backward()
    assert points.grad is None and features.grad is not None


def test_no_points():
    features, _, _ = drawn()
    columns = FeaturePyramid([features]).read(
        torch.zeros(0, dtype=torch.long), torch.zeros(0, 2))
    assert columns.shape == (0, 4)
    columns.sum().backward()
    assert (features.grad == 0).all()


def test_poses_are_read_keypoint_by_keypoint():
    """Points of any leading axes: (K, t, 2) to (K, t, C)."""
    features, images, points = drawn()
    pyramid = FeaturePyramid([features])
    poses = torch.stack([points, points + 1, points / 2])
    columns = pyramid.read(images, poses)
    assert columns.shape == (3, 60, 4)
    for k in range(3):
        torch.testing.assert_close(columns[k], pyramid.read(images, poses[k]))


# --- convolution ------------------------------------------------------------


def draw_levels(sizes, channels):
    torch.manual_seed(0)
    return [
        torch.randn(2, c, h, w, dtype=torch.double, requires_grad=True)
        for c, (w, h) in zip(channels, sizes)
    ]


@pytest.mark.parametrize('sizes', [
    [(24, 16), (12, 8), (6, 4)],
    [(11, 13), (5, 7), (1, 1)],
])
def test_convolved_as_if_resized_and_concatenated(sizes):
    """As MMPose's neck does it: values and all gradients."""
    levels = draw_levels(sizes, (3, 4, 5))
    layer = nn.Linear(12, 7).double()
    given = FeaturePyramid(levels).convolve(layer)
    whole, = FeatureMapProcessor(concat=True)(levels)
    expected = F.conv2d(whole, layer.weight[..., None, None], layer.bias)
    torch.testing.assert_close(given, expected)

    upstream = torch.randn_like(given)
    tensors = [*levels, layer.weight, layer.bias]
    for gradient, gradient_expected in zip(
            torch.autograd.grad(given, tensors, upstream),
            torch.autograd.grad(expected, tensors, upstream)):
        torch.testing.assert_close(gradient, gradient_expected)


def test_the_first_must_be_the_finest():
    """Where it is not, the error says how it will be."""
    levels = draw_levels([(4, 4), (2, 2), (8, 4)], (8, 4, 5))
    with pytest.raises(ValueError, match='put the finest first') as error:
        FeaturePyramid(levels)
    assert 'select_index=(2, 0, 1))' in str(error.value)

    in_order = FeatureMapProcessor(select_index=(2, 0, 1))(levels)
    pyramid = FeaturePyramid(in_order)
    assert pyramid.size == tuple(levels[2].shape[:1:-1])
    assert pyramid.channels == [5, 8, 4]


@pytest.mark.parametrize('in_channels', [12, 4])
def test_other_channels_are_refused(in_channels):
    """Those of one level alone too, such as each of a feature pyramid
    network: all levels are meant unless the config chooses one."""
    pyramid = FeaturePyramid(draw_levels([(4, 4), (2, 2)], (3, 4)))
    with pytest.raises(ValueError) as error:
        pyramid.convolve(nn.Linear(in_channels, 7).double())
    assert f'in_channels={in_channels}, but' in str(error.value)
    assert '[3, 4] channels: set in_channels=7' in str(error.value)
    assert 'select_index=0' in str(error.value)


def test_a_level_is_chosen_as_the_error_says():
    levels = draw_levels([(4, 4), (2, 2)], (4, 4))
    chosen = FeatureMapProcessor(select_index=0)(levels)
    layer = nn.Linear(4, 7).double()
    torch.testing.assert_close(
        FeaturePyramid(chosen).convolve(layer),
        F.conv2d(levels[0], layer.weight[..., None, None], layer.bias))


def test_levels_of_half_precision_are_added_up_in_single():
    """Each is convolved in its own precision, then resized in the finer."""
    torch.manual_seed(0)
    levels = [
        torch.randn(2, 4, 6, 8).bfloat16(),
        torch.randn(2, 4, 3, 4).bfloat16()
    ]
    layer = nn.Linear(8, 5).bfloat16()
    weights = layer.weight[..., None, None].split(4, dim=1)
    fine = F.conv2d(levels[0], weights[0], layer.bias).float()
    coarse = F.conv2d(levels[1], weights[1]).float()
    expected = fine + F.interpolate(
        coarse, (6, 8), mode='bilinear', align_corners=False)
    convolved = FeaturePyramid(levels).convolve(layer)
    assert convolved.dtype == torch.float32
    assert torch.equal(convolved, expected)
    # one level too; and double precision stays
    layer = nn.Linear(4, 5)
    for dtype in torch.float32, torch.float64, torch.bfloat16:
        alone = FeaturePyramid([levels[0].to(dtype)])
        assert alone.convolve(layer.to(dtype)).dtype == torch.promote_types(
            dtype, torch.float32)


def test_levels_of_half_precision_are_read_in_it():
    """Features go on in the type that they came in, of all levels."""
    torch.manual_seed(0)
    levels = [
        torch.randn(2, 4, 6, 8).bfloat16(),
        torch.randn(2, 4, 3, 4).bfloat16()
    ]
    images, points = torch.tensor([0, 1]), torch.tensor([[3.25, 2], [7, 5.5]])
    columns = FeaturePyramid(levels).read(images, points)
    assert columns.dtype == torch.bfloat16
    torch.testing.assert_close(
        columns.float(),
        FeaturePyramid([x.float() for x in levels]).read(images, points),
        rtol=0.02,
        atol=0.02)
