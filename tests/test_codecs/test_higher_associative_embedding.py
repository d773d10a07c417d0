"""HigherHRNet's targets and decoding, against plain loops."""
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmpose_pinet.codecs import HigherAssociativeEmbedding

K = 5
SIZE = 64, 48  # (w, h) px


def build(stride=1, **kwargs):
    return HigherAssociativeEmbedding(
        SIZE, (SIZE[0] // stride, SIZE[1] // stride),
        sigma=2,
        decode_keypoint_order=list(range(K)),
        **kwargs)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# --- targets ----------------------------------------------------------------


@pytest.mark.parametrize('stride', [2, 4])
def test_targets_stand_on_the_cells_that_keypoints_lie_in(rng, stride):
    persons = rng.uniform(0, SIZE, (3, K, 2)).astype(np.float32)
    visible = (rng.random((3, K)) < 0.7).astype(np.float32)
    width, height = SIZE[0] // stride, SIZE[1] // stride

    encoded = build(stride).encode(persons, visible)
    heatmaps = np.zeros((K, height, width))
    for n in range(3):
        for k in range(K):
            column, row = (math.floor(v / stride) for v in persons[n, k])
            index, labelled = encoded['keypoint_indices'][n, k]
            assert labelled == visible[n, k]
            if not labelled:
                continue
            assert index == row * width + column
            for y in range(height):
                for x in range(width):
                    if max(abs(x - column), abs(y - row)) <= 6:  # 3 sigma
                        value = math.exp(-((x - column)**2 + (y - row)**2) / 8)
                        heatmaps[k, y, x] = max(heatmaps[k, y, x], value)
    np.testing.assert_allclose(encoded['heatmaps'], heatmaps, atol=1e-6)


def test_maps_of_both_resolutions_peak_at_the_centres_of_their_cells():
    """In px of the input, where a test averages them; a px has its centre at
    its index and a half."""
    keypoint = np.full((1, K, 2), 30.9, np.float32)
    for stride, centre in ((4, 30), (2, 31)):
        heatmaps = torch.from_numpy(build(stride).encode(keypoint)['heatmaps'])
        width, height = SIZE
        resized = F.interpolate(
            heatmaps[None], (height, width), mode='bilinear')[0, 0].numpy()
        places = np.arange(width) + 0.5
        mean = (resized.sum(0) * places).sum() / resized.sum()
        assert mean == pytest.approx(centre, abs=1e-4)


@pytest.mark.parametrize('visible', [None, np.ones((2, K), np.float32)])
@pytest.mark.parametrize('point', [(-0.5, 20), (20, -0.5), (64, 20), (20, 48)])
def test_a_point_outside_the_image_makes_no_target(point, visible):
    """Though its Gaussian would reach into it, labelled as it may be."""
    persons = np.full((2, K, 2), point, np.float32)
    encoded = build(4).encode(persons, visible)
    assert encoded['heatmaps'].max() == 0
    assert not encoded['keypoint_indices'][..., 1].any()
    # nor does it take any from another
    persons[1, 0] = 20
    encoded = build(4).encode(persons, visible)
    assert encoded['heatmaps'].max((1, 2)).tolist() == [1] + [0] * (K - 1)
    assert encoded['keypoint_indices'][..., 1].sum() == 1


@pytest.mark.parametrize('point', [(0, 20), (20, 0), (.5, .5), (63.9, 47.9)])
def test_a_point_in_the_outermost_cells_makes_a_target(point):
    encoded = build(4).encode(np.full((1, K, 2), point, np.float32))
    assert (encoded['heatmaps'].max((1, 2)) == 1).all()
    weights = encoded['keypoint_weights']
    assert weights.dtype == np.float32 and (weights == 1).all()


def test_a_picture_without_persons_has_empty_targets():
    encoded = build(4).encode(np.zeros((0, K, 2), np.float32))
    assert encoded['heatmaps'].shape == (K, 12, 16)
    assert encoded['heatmaps'].max() == 0
    assert encoded['keypoint_indices'].shape == (0, K, 2)


# --- decoding ---------------------------------------------------------------


def shift(values, index):
    """A quarter towards the higher neighbour along a row; at the border the
    cell is its own neighbour."""
    before = values[max(index - 1, 0)]
    after = values[min(index + 1, len(values) - 1)]
    return 0.25 if after > before else -0.25


def publish(group, heatmaps, tags):
    """Adjust, then refine, keypoint by keypoint, as published.

    Args:
        group: (K, 3) x, y and score of one person's peaks.
        heatmaps: (K, H, W).
        tags: (K, H, W, L).
    """
    pose = group.copy()
    for k in range(K):
        if pose[k, 2] > 0:
            x, y = group[k, :2].astype(int)
            pose[k, 0] += shift(heatmaps[k, y], x) + 0.5
            pose[k, 1] += shift(heatmaps[k, :, x], y) + 0.5
    own = np.mean([
        tags[k, int(pose[k, 1]), int(pose[k, 0])]
        for k in range(K) if group[k, 2] > 0
    ], 0)
    for k in range(K):
        if group[k, 2] > 0:
            continue
        best, place = -np.inf, None
        for y in range(heatmaps.shape[1]):
            for x in range(heatmaps.shape[2]):
                distance = math.sqrt(((tags[k, y, x] - own)**2).sum())
                value = heatmaps[k, y, x] - round(distance)
                if value > best:
                    best, place = value, (x, y)
        x, y = place
        if heatmaps[k, y, x] > 0:
            pose[k] = (x + 0.5 + shift(heatmaps[k, y], x),
                       y + 0.5 + shift(heatmaps[k, :, x], y), heatmaps[k, y,
                                                                       x])
    return pose


@pytest.mark.parametrize('num_tags', [1, 2])
def test_persons_are_adjusted_and_refined_as_published(rng, num_tags):
    width, height = SIZE
    # sparse, so that groups miss keypoints, some of them at the border
    heatmaps = rng.uniform(-0.1, 0.09, (2, K, height, width))
    heatmaps[rng.random(heatmaps.shape) < 3e-3] += 0.5
    heatmaps[0, 0, 0, 0] = heatmaps[0, 1, -1, -1] = 0.9
    # smooth tags that vary by some units
    tags = F.interpolate(
        torch.from_numpy(rng.uniform(0, 6, (2, num_tags * K, 3, 4))),
        (height, width),
        mode='bilinear').numpy()
    codec = build(decode_topk=6, decode_max_instances=8)
    maps = torch.from_numpy(heatmaps).float(), torch.from_numpy(tags).float()

    groups = []
    group_keypoints = codec._group_keypoints
    codec._group_keypoints = lambda *args: groups.extend(
        group_keypoints(*args)) or groups
    found = codec.batch_decode(*maps)
    missing = sum((group[..., 2] == 0).sum() for group in groups)
    assert missing > 10
    for group, poses, scores, person_scores, image_heatmaps, image_tags in zip(
            groups, *found, maps[0].numpy(), maps[1].numpy()):
        image_tags = image_tags.reshape(num_tags, K, height, width)
        expected = np.stack([
            publish(one, image_heatmaps, image_tags.transpose(1, 2, 3, 0))
            for one in group
        ])
        np.testing.assert_allclose(poses, expected[..., :2])
        np.testing.assert_allclose(scores, expected[..., 2])
        np.testing.assert_allclose(
            person_scores, group[..., 2].mean(1), rtol=1e-6)


def test_what_no_heatmap_shows_stays_missing():
    heatmaps = torch.zeros(1, K, SIZE[1], SIZE[0])
    heatmaps[0, 0, 10, 20] = 0.8
    heatmaps[0, 1] = -0.1
    (pose, ), (score, ), (person_score, ) = build().batch_decode(
        heatmaps, torch.zeros_like(heatmaps))
    np.testing.assert_allclose(pose[0, 0], [20.25, 10.25])
    assert not pose[0, 1:].any() and not score[0, 1:].any()
    assert person_score == pytest.approx(0.8 / K)


def test_nobody_is_found_in_an_empty_image():
    maps = torch.zeros(1, K, SIZE[1], SIZE[0])
    (poses, ), (scores, ), (person_scores, ) = build().batch_decode(maps, maps)
    assert poses.shape == (0, K, 2)
    assert scores.shape == (0, K)
    assert person_scores.shape == (0, )


@pytest.mark.parametrize('key, value', [('use_udp', True),
                                        ('decode_center_shift', 0.5)])
def test_settings_of_other_coordinates_are_refused(key, value):
    with pytest.raises(ValueError, match=f'takes no {key}={value}'):
        build(**{key: value})
