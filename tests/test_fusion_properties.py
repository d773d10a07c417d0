"""What holds of pose fusion for any candidates.

Two things that one might expect do not hold in general, for good reasons.
Where candidates have equal scores the first of them leads and gives its
keypoints, so their order matters there; everywhere else it does not. And
persons are not always apart: a fused person has keypoints that its leader had
not, and may come to match another person. A second round then joins the two,
so that fusion is idempotent where no two persons match, and its number of
persons never grows.
"""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpose_pinet.fusion import PoseFusion, find_persons

SIGMAS = [0.03, 0.05, 0.05, 0.1]
MIRROR = [0, 2, 1, 3]  # of sigmas alike


def grid(rng, shape, spread):
    """Numbers that a mirror or a shift moves without rounding."""
    return np.round(rng.normal(scale=spread, size=shape) * 64) / 64


@st.composite
def candidates(draw, ties=True):
    """Up to 16 of one to four persons, in all degrees of being alike."""
    count = draw(st.integers(0, 16))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    persons = grid(rng, (draw(st.integers(1, 4)), 4, 2), 30)
    poses = persons[rng.integers(len(persons), size=count)]
    poses += grid(rng, poses.shape, draw(st.sampled_from([0., 1., 4.])))
    if ties and draw(st.booleans()):
        return poses, rng.integers(0, 3, (count, 4)) / 2
    # no two alike, nor their sums
    scores = rng.choice(2**20, (count, 4), replace=False) / 2**20
    return poses, scores


def assert_same(found, expected):
    for one, other in zip(found, expected):
        np.testing.assert_array_equal(one, other)


@given(candidates(), st.sampled_from([0., .3, .7, 1.]), st.booleans())
def test_nothing_is_invented(found, oks_thr, fuse):
    """Each keypoint is a candidate's, at the score which that one gave it."""
    poses, scores = PoseFusion(SIGMAS, oks_thr, fuse)(*found)
    assert len(poses) <= len(found[0]) and (len(poses) > 0) == (
        len(found[0]) > 0)
    given = np.concatenate([found[0], found[1][..., None]], -1)
    made = np.concatenate([poses, scores[..., None]], -1)
    same = (made[:, None] == given).all(-1)  # (m, t, K)
    assert same.any(1).all()
    if not fuse:  # whole candidates
        assert same.all(-1).any(1).all()


@given(candidates(), st.sampled_from([.3, .7]))
def test_no_candidate_is_lost(found, oks_thr):
    """Each is a person's, or like one; and no two persons are alike."""
    suppress = PoseFusion(SIGMAS, oks_thr, fuse=False)
    poses, _ = suppress(*found)
    oks = suppress.pairwise_oks(np.concatenate([poses, found[0]]))
    of_persons, of_candidates = np.split(oks[:len(poses)], [len(poses)], 1)
    assert ((of_candidates > oks_thr) | (of_candidates == 1)).any(0).all()
    np.testing.assert_array_equal(of_persons > oks_thr, np.eye(len(poses)))


@given(candidates(), st.sampled_from([.3, .7]))
def test_a_second_round_joins_those_that_match_alone(found, oks_thr):
    fusion = PoseFusion(SIGMAS, oks_thr)
    poses, scores = fusion(*found)
    again = fusion(poses, scores)
    match = (fusion.pairwise_oks(poses) > oks_thr) & ~np.eye(
        len(poses), dtype=bool)
    if match.any():
        assert len(again[0]) < len(poses)
    else:
        assert_same(again, (poses, scores))


def test_a_second_round_may_join_two_persons():
    """As it says above: two persons share a head that neither led with."""
    body = np.array([[0., 0], [64, 0], [0, 64], [64, 64]])
    other = body + [[9, 0], [9, 0], [9, 0], [9, 0]]
    # each of the two has a likeness, which is surest of what lies between
    between = body + [[4, 0], [4, 0], [4, 0], [0, 0]]
    beside = other - [[4, 0], [4, 0], [4, 0], [0, 0]]
    keypoints = np.stack([body, other, between, beside])
    scores = np.array([[.5, .5, .5, .9], [.5, .5, .5, .8], [.6, .6, .6, 0],
                       [.6, .6, .6, 0]])
    fusion = PoseFusion([.05] * 4, .7)
    oks = fusion.pairwise_oks(keypoints)
    assert oks[0, 1] < .7 < min(oks[0, 2], oks[1, 3])
    once = fusion(keypoints, scores)
    assert [len(x) for x in (once[0], fusion(*once)[0])] == [2, 1]


@given(
    candidates(ties=False), st.randoms(use_true_random=False), st.booleans())
def test_order_does_not_matter(found, random, fuse):
    order = random.sample(range(len(found[0])), len(found[0]))
    fusion = PoseFusion(SIGMAS, fuse=fuse)
    assert_same(fusion(*(x[order] for x in found)), fusion(*found))


@pytest.mark.parametrize('fuse', [True, False])
def test_between_equals_the_first_leads(fuse):
    """And gives its keypoints, and stands first; so here order matters."""
    body = np.array([[0., 0], [64, 0], [0, 64], [64, 64]])
    poses = np.stack([body, body + 1, body + 500])
    scores = np.full((3, 4), .5)
    for order in ([0, 1, 2], [1, 0, 2], [2, 1, 0]):
        found, _ = PoseFusion(SIGMAS, fuse=fuse)(poses[order], scores)
        first = [i for i in order if i < 2][0]
        leaders = [i for i in order if i in (first, 2)]
        np.testing.assert_array_equal(found, poses[leaders])


def test_between_equals_the_candidate_better_as_a_whole_gives_its_keypoint():
    body = np.array([[0., 0], [64, 0], [0, 64], [64, 64]])
    poses = np.stack([body, body + 1])
    scores = np.array([[.5, .25, .25, .25], [.5, .5, .5, .5]])
    for order in ([0, 1], [1, 0]):
        found, _ = PoseFusion(SIGMAS)(poses[order], scores[order])
        np.testing.assert_array_equal(found, poses[1:])


@given(candidates(), st.sampled_from([1 / 64, 1 / 2, 4.]), st.booleans())
def test_unit_of_length_does_not_matter(found, scale, fuse):
    fusion = PoseFusion(SIGMAS, fuse=fuse)
    poses, scores = fusion(*found)
    assert_same(fusion(found[0] * scale, found[1]), (poses * scale, scores))


@given(candidates(), st.booleans())
def test_persons_of_a_shifted_or_mirrored_image(found, fuse):
    fusion = PoseFusion(SIGMAS, fuse=fuse)
    poses, scores = fusion(*found)
    assert_same(
        fusion(found[0] + [64, -32], found[1]), (poses + [64, -32], scores))

    def mirrored(keypoints):
        return keypoints[:, MIRROR] * [-1, 1] + [255, 0]

    assert_same(
        fusion(mirrored(found[0]), found[1][:, MIRROR]),
        (mirrored(poses), scores[:, MIRROR]))


# --- numbers of the candidates ----------------------------------------------


@pytest.mark.parametrize('fuse', [True, False])
@pytest.mark.parametrize('dtype', [np.float16, np.int16, np.int64])
def test_coarse_numbers_are_compared_as_finer_ones(dtype, fuse):
    """Half precision has no square of 300, small integers neither."""
    body = np.array([[0, 0], [600, 0], [0, 600], [600, 600]])
    poses = np.stack([body, body + 300, body + 10]).astype(dtype)
    scores = np.array([[.5] * 4, [.25] * 4, [.125] * 4])
    fusion = PoseFusion(SIGMAS, fuse=fuse)
    found, _ = fusion(poses, scores)
    expected, _ = fusion(poses.astype(np.float64), scores)
    assert found.dtype == dtype and len(found) == 2
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(
        fusion.pairwise_oks(poses),
        fusion.pairwise_oks(poses.astype(np.float64)),
        rtol=1e-5)


@pytest.mark.parametrize('soft', [False, True])
@pytest.mark.parametrize('of_scores', [np.float32, np.float64])
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_poses_and_scores_keep_their_precision(dtype, of_scores, soft):
    poses = np.arange(16).reshape(2, 4, 2).astype(dtype)
    fusion = PoseFusion(SIGMAS, soft=soft)
    assert fusion.pairwise_oks(poses).dtype == dtype
    found, scores = fusion(poses, np.ones((2, 4), of_scores))
    assert found.dtype == dtype and scores.dtype == of_scores


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_a_pose_of_one_point_is_like_itself_alone(dtype):
    """Its box has no area: OKS is 0 or 1, and no division by it fails."""
    poses = np.zeros((3, 4, 2), dtype)
    poses[2] = 1
    with np.errstate(all='raise', under='ignore'):
        oks = PoseFusion(SIGMAS).pairwise_oks(poses)
    np.testing.assert_array_equal(oks, [[1, 1, 0], [1, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize('post_processor', [
    None,
    PoseFusion(SIGMAS),
    PoseFusion(SIGMAS, fuse=False),
])
def test_persons_of_equal_scores_stay_in_order(post_processor):
    """Many of them: an unstable sort of few is stable by chance."""
    body = np.array([[0., 0], [64, 0], [0, 64], [64, 64]])
    poses = body + np.arange(50)[:, None, None] * 100
    scores = np.full((50, 4), .5)
    scores[::2] = .25
    persons = find_persons(poses, scores, post_processor)
    np.testing.assert_array_equal(persons.keypoints,
                                  [*poses[1::2], *poses[::2]])


def test_persons_that_fusion_makes_equal_stay_in_the_order_of_leaders():
    body = np.array([[0., 0], [64, 0], [0, 64], [64, 64]])
    poses = body + np.arange(200)[:, None, None] * 100
    scores = np.full((200, 4), .5)
    scores[::2, 1] = 0
    scores[1::2, 1] = .25  # they lead
    # each has a likeness that knows the one joint as well as the other three
    others = np.zeros((200, 4))
    others[:, 1] = .5
    keypoints = np.concatenate([poses, poses + 1])
    scores = np.concatenate([scores, others])
    found, found_scores = PoseFusion(SIGMAS)(keypoints, scores)
    poses[:, 1] += 1
    np.testing.assert_array_equal(found, [*poses[1::2], *poses[::2]])
    assert (found_scores == .5).all()
