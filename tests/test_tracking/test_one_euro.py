"""The one-euro filter, against the paper's own loop over numbers."""
import math

import numpy as np
import pytest
from walkers import POSE, result_of, walkers

from mmpose_pinet.tracking import OneEuro


def by_the_paper(values, sizes, rate, min_cutoff, beta, speed_cutoff):
    """Algorithm 1 of Casiez et al. for one keypoint (T, 2), whose speed is
    that of both coordinates, in sizes of its person."""

    def weight(cutoff):
        return 1 / (1 + rate / (2 * math.pi * cutoff))

    smooth, speed = values[0], np.zeros(2)
    yield smooth
    for value, size in zip(values[1:], sizes[1:]):
        a = weight(speed_cutoff)
        speed = a * (value - smooth) * rate + (1 - a) * speed
        a = weight(min_cutoff + beta * math.hypot(*speed) / size)
        smooth = a * value + (1 - a) * smooth
        yield smooth


def test_as_the_paper_has_it():
    truth = walkers(0, seconds=1.2)
    size = np.sqrt(np.ptp(truth, axis=2).prod(-1))
    smooth = OneEuro(25, 1.2, .7, 2)
    found = np.stack([
        smooth(result_of(poses, ids=range(1, 7))).keypoints for poses in truth
    ])
    for person in range(6):
        for k in range(17):
            expected = list(
                by_the_paper(truth[:, person, k], size[:, person], 25, 1.2, .7,
                             2))
            np.testing.assert_allclose(found[:, person, k], expected, 1e-4)


def test_who_rests_jitters_less_and_who_walks_hardly_lags():
    """Found with noise of 2 % of their size."""
    walk = walkers(0)
    size = np.sqrt(np.ptp(walk, axis=2).prod(-1))[..., None, None]
    noise = .02 * size * np.random.default_rng(0).normal(size=walk.shape)
    rest = np.repeat(walk[:1], len(walk), axis=0)
    for truth, error_left, jitter_left in (rest, .6, .35), (walk, 1, .75):
        smooth = OneEuro(25)
        found = np.stack([
            smooth(result_of(poses, ids=range(6))).keypoints
            for poses in truth + noise
        ])
        error = np.abs(found - truth)[10:].mean()
        assert error < error_left * np.abs(noise[10:]).mean()
        jitter = np.abs(np.diff(found, 2, axis=0)).mean()
        before = np.abs(np.diff(truth + noise, 2, axis=0)).mean()
        assert jitter < jitter_left * before


def test_each_identity_has_its_own_past():
    """In any order, and over frames in which someone is hidden."""
    together, alone = OneEuro(25), OneEuro(25)
    other = POSE + 300
    for frame in range(6):
        pose = POSE + 3 * frame
        if frame in (2, 3):  # hidden
            together(result_of(other, ids=[2]))
            alone(result_of([], ids=[]))
            continue
        both = together(
            result_of([pose, other], ids=[5, 2]) if frame %
            2 else result_of(pose, ids=[5]))
        one = alone(result_of(pose, ids=[5]))
        np.testing.assert_array_equal(both.keypoints[0], one.keypoints[0])
    assert np.abs(one.keypoints[0] - POSE - 15).max() > .1  # it did smooth


def test_boxes_are_those_of_the_smooth_keypoints():
    smooth = OneEuro(25)
    smooth(result_of(POSE, ids=[1]))
    result = smooth(result_of(POSE + 9, ids=[1]))
    np.testing.assert_allclose(result.bboxes[0, :2],
                               result.keypoints[0].min(0))
    np.testing.assert_allclose(result.bboxes[0, 2:],
                               result.keypoints[0].max(0))
    assert result.keypoints.dtype == np.float32


def test_who_was_away_for_a_second_begins_anew():
    smooth = OneEuro(5)
    smooth(result_of(POSE, ids=[1]))
    for _ in range(5):
        smooth(result_of([], ids=[]))
    result = smooth(result_of(POSE + 50, ids=[1]))
    np.testing.assert_allclose(result.keypoints[0], POSE + 50, rtol=1e-6)


@pytest.mark.parametrize('setting', [
    dict(rate=0),
    dict(rate=25, min_cutoff=0),
    dict(rate=25, beta=-1),
    dict(rate=25, speed_cutoff=math.nan)
])
def test_settings_that_cannot_be(setting):
    with pytest.raises(ValueError, match=list(setting)[-1]):
        OneEuro(**setting)
