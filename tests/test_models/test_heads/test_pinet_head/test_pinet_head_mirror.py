"""Flip tests on features whose content is known anywhere."""
import numpy as np
import pytest
import torch
import torch.nn as nn
from bodies import FLIP
from flip_scene import (SIZE, Scene, build_head, build_refining_head, predict,
                        two_views)
from hypothesis import given
from hypothesis import strategies as st

PARTITIONS = [('center', 'coco'), ('head', 'crowdpose'),
              ('part-large', 'coco'), ('part-small', 'coco'),
              ('part-small', 'crowdpose'), ('keypoint', 'coco'),
              ('keypoint', 'crowdpose')]


@pytest.mark.parametrize('stride', [2, 4, 8])
@pytest.mark.parametrize('parts, skeleton', PARTITIONS)
def test_flip_test_finds_the_very_poses(parts, skeleton, stride):
    """Left and right put back, and to a thousandth of a px."""
    scene = Scene(0, parts, skeleton, stride)
    head = build_head(parts, skeleton, stride)
    plain, = predict(head, (scene.features(), ), skeleton)
    flipped, = predict(head, two_views(scene), skeleton, flip_test=True)
    np.testing.assert_allclose(plain, scene.poses, atol=1e-3)
    np.testing.assert_allclose(flipped, scene.poses, atol=1e-3)


@pytest.mark.parametrize('stride', [2, 4])
def test_refined_poses_are_read_at_the_very_keypoints(stride):
    """Vertical corrections that depend on the height of the keypoints.

    The same joint is corrected by what its left and right namesakes say, so
    that joints are all alike here: the correction of each is their mean.
    """
    scene = Scene(0, 'part-large', stride=stride)
    head = build_refining_head('part-large', stride=stride, reads=('y', ))
    with torch.no_grad():  # one row for all joints, and nothing in x
        for parameter in head.refinement.predict.parameters():
            rows = parameter.view(17, 2, -1)
            rows[:, 0] = 0
            rows[:, 1] = rows[:1, 1].clone()
        # nor do left and right joints differ in what the graph gives them
        adjacency = head.refinement.adjacency
        flip = FLIP['coco']
        assert torch.allclose(adjacency, adjacency[flip][:, flip])
    plain, = predict(head, (scene.features(), ))
    flipped, = predict(head, two_views(scene), flip_test=True)
    assert 0.5 < np.abs(plain - scene.poses)[..., 1].min()
    np.testing.assert_allclose(flipped, plain, atol=1e-3)


@pytest.fixture
def double():
    torch.set_default_dtype(torch.double)
    yield
    torch.set_default_dtype(torch.float)


@pytest.mark.parametrize('parts, skeleton', PARTITIONS)
@pytest.mark.parametrize('refined', [False, True])
def test_mirrored_image_gives_mirrored_poses(parts, skeleton, refined):
    """The two images change places: nothing else does, in x and in y."""
    check_mirrored_poses(parts, skeleton, refined, tolerance=1e-3)


@pytest.mark.parametrize('parts, skeleton', PARTITIONS)
def test_in_double_precision_to_rounding(parts, skeleton, double):
    check_mirrored_poses(parts, skeleton, refined=True, tolerance=1e-9)


def check_mirrored_poses(parts, skeleton, refined, tolerance):
    scene = Scene(1, parts, skeleton)
    if refined:
        head = build_refining_head(parts, skeleton)
        # a learned graph, in which left and right are not alike
        nn.init.uniform_(head.refinement.adjacency, 0, 0.1)
    else:
        head = build_head(parts, skeleton)
    views = two_views(scene)
    poses, = predict(head, views, skeleton, flip_test=True)
    mirrored, = predict(head, views[::-1], skeleton, flip_test=True)
    width = 4 * SIZE[0]
    if refined:
        for axis in (0, 1):
            assert np.abs(poses - scene.poses)[..., axis].mean() > 0.2
    # each candidate of one has its counterpart in the other
    back = mirrored[:, FLIP[skeleton]] * [-1, 1] + [width - 1, 0]
    error = np.abs(back[:, None] - poses).max((2, 3))
    assert sorted(error.argmin(1)) == list(range(len(poses)))
    assert error.min(1).max() < tolerance


@given(seed=st.integers(0, 2**16))
def test_mirrored_noise_gives_mirrored_poses(seed):
    """A network's two views do not agree: peaks and poses still mirror."""
    torch.manual_seed(seed)
    head = build_head('part-small')
    channels = head.point_layer.in_features
    views = [(view, ) for view in torch.rand(2, 1, channels, *SIZE[::-1])]
    poses, = predict(head, views, flip_test=True)
    mirrored, = predict(head, views[::-1], flip_test=True)
    back = mirrored[:, FLIP['coco']] * [-1, 1] + [4 * SIZE[0] - 1, 0]
    assert len(back) == len(poses) > 30
    error = np.abs(back[:, None] - poses).max((2, 3))
    assert error.min(0).max() < 1e-3 and error.min(1).max() < 1e-3


def test_flip_test_of_a_batch():
    """Each image meets its own mirror image."""
    head = build_refining_head('part-small')
    scenes = [Scene(seed, 'part-small') for seed in range(3)]
    batch = [(torch.cat([two_views(s)[view][0] for s in scenes]), )
             for view in (0, 1)]
    found = predict(head, batch, num_images=3, flip_test=True)
    for scene, poses in zip(scenes, found):
        alone, = predict(head, two_views(scene), flip_test=True)
        np.testing.assert_allclose(poses, alone, atol=1e-3)


@pytest.mark.parametrize('column', [0, 1, SIZE[0] - 1])
def test_part_points_on_the_outermost_columns(column):
    """Where one view does not reach, the other one speaks alone."""
    scene = Scene(0, 'part-large')
    scene.points[:, 0] = 4 * column
    found, = predict(
        build_head('part-large'), two_views(scene), flip_test=True)
    # near the border the two views may see a peak each
    assert len(found) >= 3
    error = np.abs(found[:, None] - scene.poses).max((2, 3))
    assert (error.min(1) < 1e-3).all() and (error.min(0) < 1e-3).all()
