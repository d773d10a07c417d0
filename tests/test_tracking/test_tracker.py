"""Identities of persons whose true ones are known."""
import numpy as np
import pytest
from walkers import POSE, SIGMAS, result_of, walkers

from mmpose_pinet.tracking import Tracker


@pytest.mark.parametrize('seed', [0, 1])
def test_people_who_cross_keep_their_identities(seed):
    """Found with noise of 4 % of their size, in any order, each of them
    missed in one frame of ten."""
    truth = walkers(seed)
    rng = np.random.default_rng(seed)
    size = np.sqrt(np.ptp(truth, axis=2).prod(-1))[..., None, None]
    noisy = truth + .04 * size * rng.normal(size=truth.shape)
    tracker = Tracker(SIGMAS)
    seen = {person: set() for person in range(6)}
    for poses in noisy:
        found = rng.permutation(6)[rng.random(6) > .1]
        result = tracker(result_of(poses[found]))
        assert len(set(result.ids.tolist())) == len(result) == len(found)
        for person, identity in zip(found, result.ids):
            seen[person].add(identity)
    # nobody has two, and no two share one
    assert sorted(map(len, seen.values())) == [1] * 6
    assert len(set.union(*seen.values())) == 6


def test_who_is_hidden_is_expected_where_the_way_leads():
    """Someone at a pace of 4 px is not seen for 20 frames, 80 px, while
    another one stands where that one was seen last."""
    tracker = Tracker(SIGMAS)
    for frame in range(20):
        walker, = tracker(result_of(POSE + [4 * frame, 0])).ids
    other = POSE + [4 * 19, 60]
    for frame in range(20, 40):
        stander, = tracker(result_of(other)).ids
    ids = tracker(result_of([other, POSE + [4 * 40, 0]])).ids
    assert ids.tolist() == [stander, walker] and stander != walker


@pytest.mark.parametrize('missed, is_same', [(3, True), (4, False)])
def test_how_long_a_track_survives(missed, is_same):
    tracker = Tracker(SIGMAS, max_missed=3)
    assert tracker(result_of(POSE)).ids == [1]
    for _ in range(missed):
        nobody = tracker(result_of([]))
        assert len(nobody) == 0 and nobody.ids.shape == (0, )
    # none is used again
    assert tracker(result_of(POSE)).ids == [1 if is_same else 2]


def test_false_ones_begin_no_track():
    """A low score goes on with a track, but begins none."""
    tracker = Tracker(SIGMAS, start_score=.3)
    false = POSE + 500
    assert len(tracker(result_of([POSE, false], [.29, .1]))) == 0
    assert tracker(result_of([POSE, false], [.3, .1])).ids.tolist() == [1]
    result = tracker(result_of([false, POSE], [.2, .1]))
    assert result.ids.tolist() == [1]
    np.testing.assert_array_equal(result.keypoints, [POSE.astype('float32')])
    assert result.bbox_scores == [.1] and result.bboxes.shape == (1, 4)


def test_the_most_alike_come_first():
    """Person 2 is like both tracks, and person 1 like the other alone."""
    tracker = Tracker(SIGMAS)
    tracker(result_of([POSE, POSE + [12, 0]]))
    ids = tracker(result_of([POSE + [10, 0], POSE + [22, 0]])).ids
    assert ids.tolist() == [2, 3] or ids.tolist() == [2, 1]
    assert tracker(result_of([POSE + [22, 0], POSE + [10, 0]])).ids[1] == 2


def test_persons_that_are_not_alike_are_others():
    tracker = Tracker(SIGMAS, oks_thr=.5)
    assert tracker(result_of(POSE)).ids == [1]
    assert tracker(result_of(POSE + 40)).ids == [2]


def test_results_stay_as_they_are():
    result = result_of([POSE, POSE + 300])
    Tracker(SIGMAS)(result)
    assert result.ids is None and len(result) == 2


@pytest.mark.parametrize('setting', [
    dict(oks_thr=1.5),
    dict(max_missed=-1),
    dict(max_missed=2.5),
    dict(start_score=float('nan'))
])
def test_settings_that_cannot_be(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        Tracker(SIGMAS, **setting)
