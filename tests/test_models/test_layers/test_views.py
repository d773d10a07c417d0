"""Mirrored views meet the plain image exactly between the cells."""
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmpose_pinet.models.layers.views import Views, join

W, H = 12, 7
JOINT_FLIP, PART_FLIP = [0, 2, 1], [1, 0]


def ground(px, py):
    """Six quantities (K = 3, S = 2, and one) linear in the input px."""
    slopes = torch.tensor([[1, 2], [-1, .5], [.3, -2], [2, 0], [0, 1], [1, 1]])
    return (slopes[:, :1, None] * px + slopes[:, 1:, None] * py +
            torch.arange(6.)[:, None, None]) / 10


def two_views(stride):
    """Feature maps (1, 6, H, W) of an image and of its mirror image."""
    x, y = torch.arange(W) * stride, torch.arange(H)[:, None] * stride
    width = W * stride
    return (ground(x, y)[None], ), (ground(width - 1 - x, y)[None], )


@pytest.mark.parametrize('stride', [1, 2, 4, 8])
def test_points_are_read_where_they_are_in_both_views(stride):
    views = Views(two_views(float(stride)), stride, JOINT_FLIP, PART_FLIP)
    points = 1 + torch.rand(20, 2) * torch.tensor([W - 2., H - 2])
    images = torch.zeros(20, dtype=torch.long)
    expected = ground(*(stride * points.T[:, None, :]))[:, 0].T
    torch.testing.assert_close(
        views.read(images, points.expand(2, -1, -1)),
        torch.cat([expected, expected]))


def test_joints_are_read_in_each_views_own_order():
    stride = 4.
    views = Views(two_views(stride), stride, JOINT_FLIP, PART_FLIP)
    poses = 1 + torch.rand(2, 5, 3, 2) * torch.tensor([W - 2., H - 2])
    images = torch.zeros(5, dtype=torch.long)
    read = views.read(images, poses)  # (K, V*t, C)
    assert read.shape == (3, 10, 6)
    for k in range(3):
        for t in range(5):
            for view, joint in [(0, k), (1, JOINT_FLIP[k])]:
                x, y = stride * poses[view, t, joint]
                torch.testing.assert_close(read[k, 5 * view + t],
                                           ground(x, y)[:, 0, 0])


@pytest.mark.parametrize('stride', [1, 2, 4, 8])
def test_maps_are_averaged_at_the_same_px(stride):
    """Half a px left of each cell, with joints and parts in plain names."""
    torch.manual_seed(0)
    plain, mirrored = torch.rand(2, 3, 5, H, W)
    views = Views([(plain[:, :1], )] * 2, stride, JOINT_FLIP, PART_FLIP)
    merged = views.merge_maps(torch.cat([plain, mirrored]))
    assert merged.shape == (3, 5, H, W + 1)

    def at_px(maps, px):
        left = math.floor(px / stride)
        share = px / stride - left
        return maps[..., left] * (1 - share) + maps[..., left + 1] * share

    ordered = mirrored[:, [0, 2, 1, 4, 3]]
    for i in range(1, W):
        px = stride * i - 0.5
        expected = at_px(plain, px) + at_px(ordered, W * stride - 1 - px)
        torch.testing.assert_close(merged[..., i], expected / 2)
    # beyond the first cell of either view
    torch.testing.assert_close(merged[..., 0], plain[..., 0])
    torch.testing.assert_close(merged[..., W], ordered[..., 0])


@given(seed=st.integers(0, 2**16), stride=st.sampled_from([1, 2, 4, 8]))
def test_maps_of_the_mirrored_picture_are_mirrored(seed, stride):
    """Its views are the same two in the other order: no map may differ."""
    torch.manual_seed(seed)
    plain, mirrored = torch.rand(2, 3, 5, H, W)
    views = Views([(plain[:, :1], )] * 2, stride, JOINT_FLIP, PART_FLIP)
    merged = views.merge_maps(torch.cat([plain, mirrored]))
    other = views.merge_maps(torch.cat([mirrored, plain]))
    back = other.flip(-1)[:, [0, 2, 1, 4, 3]]
    torch.testing.assert_close(back, merged)
    # and so are the points of its columns
    columns = torch.stack([torch.arange(W + 1.), torch.zeros(W + 1)], dim=1)
    x = views.map_points(columns)[:, 0] * stride
    torch.testing.assert_close(W * stride - 1 - x.flip(0), x)


@pytest.mark.parametrize('stride', [2, 4])
def test_maps_can_be_had_at_the_cells(stride):
    """Exactly, where they are linear in position."""
    maps = ground(stride * torch.arange(W + 1.) - 0.5,
                  torch.arange(H)[:, None] * stride)[None]
    views = Views([(maps[:, :, :, 1:], )] * 2, stride, JOINT_FLIP, PART_FLIP)
    expected = ground(stride * torch.arange(W),
                      torch.arange(H)[:, None] * stride)[None]
    torch.testing.assert_close(views.plain_maps(maps), expected)


def test_vectors_come_back_to_the_plain_image():
    views = Views([(torch.zeros(1, 1, H, W), )] * 2, 4., JOINT_FLIP, PART_FLIP)
    vectors = torch.randn(8, 3, 2)
    plain, mirrored = views.vectors_to_plain(vectors)
    torch.testing.assert_close(plain, vectors[:4])
    for k, joint in enumerate(JOINT_FLIP):
        torch.testing.assert_close(mirrored[:, k, 0], -vectors[4:, joint, 0])
        torch.testing.assert_close(mirrored[:, k, 1], vectors[4:, joint, 1])


def test_parts_as_each_view_names_them():
    views = Views([(torch.zeros(1, 1, H, W), )] * 2, 4., JOINT_FLIP, PART_FLIP)
    assert views.of_parts(torch.tensor([0, 1,
                                        1])).tolist() == [0, 1, 1, 1, 0, 0]


def test_one_view_changes_nothing():
    """Nor does it copy the features."""
    features = torch.rand(2, 5, H, W)
    views = Views([(features, )])
    assert views.levels[0] is features
    assert views.merge_maps(features) is features
    assert views.plain_maps(features) is features
    points = torch.tensor([[0., 3.], [11., 0.]])
    assert torch.equal(views.map_points(points), points)
    poses, vectors = torch.rand(1, 4, 3, 2), torch.rand(4, 3, 2)
    assert torch.equal(views.merge_poses(poses, poses[0, :, 0]), poses[0])
    assert torch.equal(views.vectors_to_plain(vectors), vectors[None])
    assert views.of_parts(torch.tensor([1, 0])).tolist() == [1, 0]


@pytest.mark.parametrize('num_images', [1, 3])
@pytest.mark.parametrize('memory_format',
                         [torch.contiguous_format, torch.channels_last])
def test_views_of_one_call_are_joined_without_a_copy(num_images,
                                                     memory_format):
    whole = torch.rand(2 * num_images, 5, H,
                       W).contiguous(memory_format=memory_format)
    joined = join([whole[:num_images], whole[num_images:]])
    assert joined.data_ptr() == whole.data_ptr()
    assert torch.equal(joined, whole)


@pytest.mark.parametrize('cut', [
    lambda whole: (whole[2:], whole[:2]),
    lambda whole: (whole[:2], whole[1:3]),
    lambda whole: (whole[:2], whole[2:].clone()),
    lambda whole: (whole[:2, 1:], whole[2:, 1:]),
    lambda whole: (whole[:2, :, 1:], whole[2:, :, 1:]),
    lambda whole: (whole[::2], whole[1::2]),
    lambda whole: (whole[:2], whole[:2].expand(2, -1, -1, -1)),
    lambda whole: (whole[:1].expand(2, -1, -1, -1), whole[2:]),
])
def test_other_views_are_put_together(cut):
    parts = cut(torch.rand(4, 5, H, W))
    assert torch.equal(join(parts), torch.cat(parts))
