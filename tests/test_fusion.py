"""Pose fusion against a greedy loop and MMPose's own OKS-NMS."""
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmpose.evaluation.functional.nms import oks_nms

from mmpose_pinet.fusion import PoseFusion, find_persons

SIGMAS = [0.03, 0.05, 0.08, 0.1]


def box_area(pose):
    (left, top), (right, bottom) = pose.min(0), pose.max(0)
    return (right - left) * (bottom - top)


def oks_by_loop(pose, other):
    """Eq. 11 with the mean of the two keypoint boxes' areas."""
    area = (box_area(pose) + box_area(other)) / 2 + np.spacing(1)
    total = 0.
    for sigma, a, b in zip(SIGMAS, pose, other):
        distance = (a[0] - b[0])**2 + (a[1] - b[1])**2
        total += math.exp(-distance / (2 * area * (2 * sigma)**2))
    return total / len(SIGMAS)


def fuse_by_loop(keypoints, scores, oks_thr, fuse):
    """The best candidate left takes all that are like it, and so on."""
    left = sorted(range(len(scores)), key=lambda i: -scores[i].mean())
    persons = []
    while left:
        leader, *others = left
        group = [leader] + [
            i for i in others
            if oks_by_loop(keypoints[leader], keypoints[i]) > oks_thr
        ]
        left = [i for i in left if i not in group]
        if not fuse:
            persons.append((keypoints[leader], scores[leader]))
            continue
        # max takes the first of equals: the better candidate
        best = [
            max(group, key=lambda i: scores[i, k]) for k in range(len(SIGMAS))
        ]
        persons.append(
            (np.array([keypoints[i, k] for k, i in enumerate(best)]),
             np.array([scores[i, k] for k, i in enumerate(best)])))
    persons.sort(key=lambda person: -person[1].mean())
    poses, scores = zip(*persons)
    return np.stack(poses), np.stack(scores)


def draw_candidates(rng, count, num_persons=4, spread=2.):
    """Candidates scattered about a few persons."""
    persons = rng.uniform(0, 60, (num_persons, 4, 2))
    poses = persons[rng.integers(num_persons, size=count)]
    poses = poses + rng.normal(scale=spread, size=poses.shape)
    return poses, rng.uniform(size=(count, 4))


@st.composite
def candidates(draw):
    """Up to 14, with ties of scores and poses that coincide."""
    count = draw(st.integers(1, 14))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    poses, _ = draw_candidates(
        rng,
        count,
        num_persons=draw(st.integers(1, 4)),
        spread=draw(st.sampled_from([0., 1., 4.])))
    levels = draw(st.sampled_from([1, 2, 64]))  # few levels, many ties
    # sixteenths and so on: their means are exact
    return poses, rng.integers(0, levels + 1, (count, 4)) / levels


@pytest.mark.parametrize('fuse', [True, False])
@given(candidates(), st.sampled_from([0., 0.3, 0.7, 1.]))
def test_as_greedy_loop(fuse, found, oks_thr):
    poses, scores = PoseFusion(SIGMAS, oks_thr, fuse)(*found)
    expected, expected_scores = fuse_by_loop(*found, oks_thr, fuse)
    np.testing.assert_array_equal(poses, expected)
    np.testing.assert_array_equal(scores, expected_scores)


@pytest.mark.parametrize('fuse', [True, False])
@given(candidates(), st.sampled_from([0., 0.3, 0.7, 1.]))
def test_soft_scores_as_by_loop(fuse, found, oks_thr):
    """Less the more a person is like a better one, and sorted anew."""
    poses, scores = fuse_by_loop(*found, oks_thr, fuse)
    lowered = []
    for n, pose in enumerate(poses):
        alike = [oks_by_loop(poses[better], pose) for better in range(n)]
        lowered.append(scores[n] * (1 - max(alike, default=0)))
    order = sorted(range(len(poses)), key=lambda n: -lowered[n].mean())
    softened = PoseFusion(SIGMAS, oks_thr, fuse, soft=True)(*found)
    means = [lowered[n].mean() for n in order]
    np.testing.assert_allclose(softened[1].mean(1), means, atol=1e-9)
    if len(means) == 1 or -np.diff(means).max() > 1e-6:  # none are equal
        np.testing.assert_allclose(softened[0], poses[order])
        np.testing.assert_allclose(
            softened[1], np.array(lowered)[order], atol=1e-9)


def test_soft_of_nobody():
    poses, scores = PoseFusion(
        SIGMAS, soft=True)(np.zeros((0, 4, 2)), np.zeros((0, 4)))
    assert poses.shape == (0, 4, 2) and scores.shape == (0, 4)


@pytest.mark.parametrize('fuse', [True, False])
def test_five_hundred_candidates(fuse):
    found = draw_candidates(np.random.default_rng(0), 500, num_persons=20)
    poses, scores = PoseFusion(SIGMAS, fuse=fuse)(*found)
    expected, expected_scores = fuse_by_loop(*found, 0.7, fuse)
    assert 20 < len(poses) < 400
    np.testing.assert_array_equal(poses, expected)
    np.testing.assert_array_equal(scores, expected_scores)


@pytest.mark.parametrize('oks_thr', [0.3, 0.7, 0.9])
def test_without_fusion_it_is_oks_nms_of_mmpose(oks_thr):
    keypoints, scores = draw_candidates(np.random.default_rng(0), 60)
    kept = oks_nms([
        dict(
            keypoints=np.concatenate([pose, np.ones((4, 1))], 1),
            score=score.mean(),
            area=box_area(pose)) for pose, score in zip(keypoints, scores)
    ], oks_thr, np.array(SIGMAS))
    poses, pose_scores = PoseFusion(
        SIGMAS, oks_thr, fuse=False)(keypoints, scores)
    assert 4 <= len(kept) < 60
    np.testing.assert_array_equal(poses, keypoints[kept])
    np.testing.assert_array_equal(pose_scores, scores[kept])


def test_each_keypoint_comes_from_the_candidate_surest_of_it():
    """One sees the head, the other the feet: the person has both."""
    pose = np.array([[0., 0], [10, 5], [20, 40], [30, 80]])
    keypoints = np.stack([pose, pose + 0.5])
    scores = np.array([[.9, .8, .3, .2], [.1, .2, .7, .8]])
    fused, fused_scores = PoseFusion(SIGMAS)(keypoints, scores)
    np.testing.assert_array_equal(fused, [[*pose[:2], *(pose[2:] + 0.5)]])
    np.testing.assert_array_equal(fused_scores, [[.9, .8, .7, .8]])


def test_a_group_is_those_like_its_leader_not_like_each_other():
    """In a chain a - b - c with a unlike c, who leads decides."""
    pose = np.array([[0., 0], [10, 5], [20, 40], [30, 80]])
    keypoints = pose + np.array([0., 4, 8])[:, None, None]
    oks = PoseFusion(SIGMAS).pairwise_oks(keypoints)
    assert oks[0, 1] > 0.5 > oks[0, 2]
    for scores, num_persons in [([.9, .8, .7], 2), ([.8, .9, .7], 1)]:
        scores = np.repeat(np.array(scores)[:, None], 4, axis=1)
        poses, _ = PoseFusion(SIGMAS, 0.5)(keypoints, scores)
        assert len(poses) == num_persons


def test_pairwise_oks_as_by_loop():
    keypoints, _ = draw_candidates(np.random.default_rng(1), 12)
    oks = PoseFusion(SIGMAS).pairwise_oks(keypoints)
    expected = [[oks_by_loop(a, b) for b in keypoints] for a in keypoints]
    np.testing.assert_allclose(oks, expected, rtol=1e-10)


@given(candidates(), st.booleans())
def test_best_person_first(found, fuse):
    _, scores = PoseFusion(SIGMAS, fuse=fuse)(*found)
    assert (np.diff(scores.mean(1)) <= 0).all()


@given(candidates())
def test_a_second_round_of_suppression_changes_nothing(found):
    suppress = PoseFusion(SIGMAS, fuse=False)
    once = suppress(*found)
    for result, again in zip(once, suppress(*once)):
        np.testing.assert_array_equal(result, again)


@pytest.mark.parametrize('fuse', [True, False])
@pytest.mark.parametrize('count', [0, 1])
def test_nobody_and_one(count, fuse):
    found = draw_candidates(np.random.default_rng(0), count)
    for result, candidate in zip(PoseFusion(SIGMAS, fuse=fuse)(*found), found):
        np.testing.assert_array_equal(result, candidate)


def test_input_is_left_as_it_is():
    found = draw_candidates(np.random.default_rng(0), 20)
    before = [x.copy() for x in found]
    PoseFusion(SIGMAS)(*found)
    for value, value_before in zip(found, before):
        np.testing.assert_array_equal(value, value_before)


@pytest.mark.parametrize('wrong', [
    dict(sigmas=[0.1, 0.]),
    dict(sigmas=[0.1, -0.1]),
    dict(sigmas=0.1),
    dict(sigmas=[]),
    dict(sigmas=[[0.1]]),
    dict(sigmas=[0.1, None]),
    dict(sigmas=[0.1], oks_thr=1.5),
    dict(sigmas=[0.1], oks_thr=-0.1),
])
def test_wrong_config(wrong):
    key = 'oks_thr' if 'oks_thr' in wrong else 'sigmas'
    with pytest.raises(ValueError, match=f'^PoseFusion: {key}'):
        PoseFusion(**wrong)


@pytest.mark.parametrize('shape, scores_shape', [
    ((3, 5, 2), (3, 5)),
    ((3, 4, 2), (2, 4)),
    ((3, 4, 3), (3, 4)),
    ((4, 2), (4, )),
    ((), ()),
])
def test_wrong_shapes(shape, scores_shape):
    with pytest.raises(ValueError, match='K=4, the number of sigmas'):
        PoseFusion(SIGMAS)(np.zeros(shape), np.zeros(scores_shape))


def persons_by_loop(keypoints, scores, score_thr):
    """A row of keypoints, scores, box and mean for each, best first."""
    rows = []
    for pose, of_keypoints in zip(keypoints, scores):
        mean = sum(of_keypoints) / len(of_keypoints)
        box = [*pose.min(0), *pose.max(0)]
        if mean >= score_thr:
            rows.append((pose, of_keypoints, box, mean))
    return sorted(rows, key=lambda row: -row[3])


@pytest.mark.parametrize('post_processor', [None, PoseFusion(SIGMAS)])
@given(candidates(), st.sampled_from([0., 0.5]))
def test_persons_have_boxes_and_scores_best_first(post_processor, found,
                                                  score_thr):
    persons = find_persons(*found, post_processor, score_thr)
    fused = found if post_processor is None else post_processor(*found)
    expected = persons_by_loop(*fused, score_thr)
    assert len(persons.scores) == len(expected)
    for row, other in zip(zip(*persons), expected):
        for value, other_value in zip(row, other):
            np.testing.assert_array_equal(value, other_value)


def test_a_person_of_the_very_threshold_stays():
    scores = np.array([[.5] * 4, [.25] * 4, [-.5] * 4])
    for score_thr, count in (0., 3), (.25, 2), (.5, 1), (.6, 0):
        persons = find_persons(np.zeros((3, 4, 2)), scores, None, score_thr)
        assert persons.scores.tolist() == [.5, .25, -.5][:count]


def test_no_candidate_is_no_person():
    persons = find_persons(np.zeros((0, 4, 2)), np.zeros((0, 4)))
    assert [value.shape for value in persons] == [(0, 4, 2), (0, 4), (0, 4),
                                                  (0, )]
