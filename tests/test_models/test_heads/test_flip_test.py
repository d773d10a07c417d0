"""Mirrored images meet the plain image exactly between the cells."""
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmpose.structures import PoseDataSample

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.models.heads.flip_test import FlipTest, PlainTest, mirror_of

B, W, H = 3, 12, 7
JOINT_FLIP, PART_FLIP = (0, 2, 1), (1, 0)


def build(stride=4):
    return FlipTest(W, B, float(stride), JOINT_FLIP, PART_FLIP)


def mirror_px(points, stride):
    """An image of width w maps px x to w - 1 - x."""
    x, y = (stride * points).unbind(-1)
    return torch.stack([W * stride - 1 - x, y], dim=-1) / stride


@pytest.mark.parametrize('stride', [1, 2, 4, 8])
def test_maps_are_averaged_at_the_same_px(stride):
    """Half a px left of each cell, with joints and parts in plain names."""
    torch.manual_seed(0)
    plain, mirrored = torch.rand(2, B, 5, H, W)
    merged = build(stride).merge_maps(torch.cat([plain, mirrored]))
    assert merged.shape == (B, 5, H, W + 1)

    def at_px(maps, px):
        left = math.floor(px / stride)
        share = px / stride - left
        return maps[..., left] * (1 - share) + maps[..., left + 1] * share

    ordered = mirrored[:, [0, 2, 1, 4, 3]]
    for i in range(1, W):
        px = stride * i - 0.5
        expected = at_px(plain, px) + at_px(ordered, W * stride - 1 - px)
        torch.testing.assert_close(merged[..., i], expected / 2)
    # beyond the first cell of either image
    torch.testing.assert_close(merged[..., 0], plain[..., 0])
    torch.testing.assert_close(merged[..., W], ordered[..., 0])


@given(seed=st.integers(0, 2**16), stride=st.sampled_from([1, 2, 4, 8]))
def test_maps_of_the_mirrored_picture_are_mirrored(seed, stride):
    """Its images are the same two in the other order: no map may differ."""
    torch.manual_seed(seed)
    plain, mirrored = torch.rand(2, B, 5, H, W)
    mirror = build(stride)
    merged = mirror.merge_maps(torch.cat([plain, mirrored]))
    other = mirror.merge_maps(torch.cat([mirrored, plain]))
    torch.testing.assert_close(other.flip(-1)[:, [0, 2, 1, 4, 3]], merged)


@pytest.mark.parametrize('stride', [2, 4])
def test_maps_can_be_had_at_the_cells(stride):
    """Exactly, where they are linear in position."""

    def ground(px):
        slopes = torch.tensor([[1.], [-2]])
        return (slopes * px + 3)[None, :, None].expand(B, 2, H, -1)

    maps = ground(stride * torch.arange(W + 1.) - 0.5)
    torch.testing.assert_close(
        build(stride).cell_maps(maps), ground(stride * torch.arange(W)))


@pytest.mark.parametrize('stride', [1, 2, 4, 8])
def test_queries_go_to_both_images(stride):
    """Each in the frame of its own image, with the mirrored part."""
    torch.manual_seed(0)
    images, parts = torch.tensor([0, 2, 1]), torch.tensor([0, 1, 1])
    columns = torch.stack([torch.randint(1, W, (3, )), torch.arange(3)], 1)
    asked = build(stride).queries(images, parts, columns.float())
    assert asked[0].tolist() == [0, 2, 1, 3, 5, 4]
    assert asked[1].tolist() == [0, 1, 1, 1, 0, 0]
    # merged columns stand half a px left of the cells
    plain = columns - torch.tensor([0.5 / stride, 0])
    torch.testing.assert_close(asked[2][:3], plain)
    torch.testing.assert_close(asked[2][3:], mirror_px(plain, stride))


def test_points_of_the_outermost_columns_lie_on_a_first_cell():
    """Of the image that sees them: nothing is read beyond it."""
    columns = torch.tensor([[0., 2], [W, 2]])
    images = parts = torch.zeros(2, dtype=torch.long)
    _, _, points = build().queries(images, parts, columns)
    assert points[:2, 0].tolist() == [0, W - 0.25]
    assert points[2:, 0].tolist() == [W - 0.25, 0]


@pytest.mark.parametrize('stride', [1, 2, 4, 8])
def test_poses_are_averaged_in_the_plain_image(stride):
    """Left joints of one image are right joints of the other."""
    torch.manual_seed(0)
    plain, mirrored = torch.rand(2, 5, 3, 2) * W
    points = torch.cat([torch.rand(5, 2) * 4 + 4] * 2)  # well inside
    merged = build(stride).merge_poses(torch.cat([plain, mirrored]), points)
    for k, joint in enumerate(JOINT_FLIP):
        expected = plain[:, k] + mirror_px(mirrored[:, joint], stride)
        torch.testing.assert_close(merged[:, k], expected / 2)


def test_beyond_the_cells_of_one_image_the_other_speaks_alone():
    plain, mirrored = torch.zeros(5, 3, 2), torch.ones(5, 3, 2)
    mirror = build()
    columns = torch.tensor([[0., 2], [1, 2], [6, 2], [W - 1, 2], [W, 2]])
    none = torch.zeros(5, dtype=torch.long)
    _, _, points = mirror.queries(none, none, columns)
    merged = mirror.merge_poses(torch.cat([plain, mirrored]), points)
    x = W - 0.25 - 1
    assert merged[:, 0].tolist() == [[0, 0], *[[x / 2, 0.5]] * 3, [x, 1]]


def test_of_a_map_as_fine_as_the_image_both_see_the_last_cell():
    """Its first cell's mirror image is the last: nothing lies beyond."""
    mirror, none = build(stride=1), torch.zeros(2, dtype=torch.long)
    columns = torch.tensor([[0., 2], [W, 2]])
    *_, points = mirror.queries(none, none, columns)
    assert points[:, 0].tolist() == [0, W - 1, W - 1, 0]
    merged = mirror.merge_poses(
        torch.cat([torch.zeros(2, 3, 2),
                   torch.ones(2, 3, 2)]), points)
    assert merged[:, 0].tolist() == [[(W - 2) / 2, .5]] * 2


def test_scores_are_averaged_as_poses_are():
    """Of the plain keypoints, and by the image that sees the point."""
    plain, mirrored = torch.rand(2, 5, 3)
    mirror = build()
    columns = torch.tensor([[0., 2], [1, 2], [6, 2], [W - 1, 2], [W, 2]])
    none = torch.zeros(5, dtype=torch.long)
    _, _, points = mirror.queries(none, none, columns)
    merged = mirror.merge_scores(torch.cat([plain, mirrored]), points)
    for k, joint in enumerate(JOINT_FLIP):
        both = (plain[1:4, k] + mirrored[1:4, joint]) / 2
        torch.testing.assert_close(merged[1:4, k], both)
        assert merged[0, k] == plain[0, k]
        assert merged[4, k] == mirrored[4, joint]


def test_nobody_is_asked_for():
    mirror, none = build(), torch.zeros(0, dtype=torch.long)
    *_, points = mirror.queries(none, none, torch.zeros(0, 2))
    assert mirror.merge_poses(torch.zeros(0, 3, 2), points).shape == (0, 3, 2)


def test_a_plain_test_changes_nothing():
    plain = PlainTest()
    maps, poses, points = torch.rand(B, 5, H, W), torch.rand(4, 3, 2), \
        torch.rand(4, 2)
    images, parts = torch.randint(B, (2, 4))
    assert plain.merge_maps(maps) is maps and plain.cell_maps(maps) is maps
    assert plain.queries(images, parts, points) == (images, parts, points)
    assert plain.merge_poses(poses, points) is poses
    scores = torch.rand(4, 3)
    assert plain.merge_scores(scores, points) is scores


def test_the_stride_of_the_mirror_is_that_along_the_width():
    codec = PartSPR((80, 24), (20, 12), [[0, 1], [2]])
    sample = PoseDataSample(metainfo=dict(flip_indices=[1, 0, 2]))
    mirror = mirror_of([torch.zeros(2, 1, 12, 20)], [sample], codec)
    assert mirror == FlipTest(20, 1, 4., (1, 0, 2), (0, 1))
