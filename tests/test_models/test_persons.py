"""Candidates of any head become persons."""
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from mmpose_pinet.models.heads import PINetPlusHead
from mmpose_pinet.models.persons import (check_features, check_persons,
                                         fuse_candidates, shown_from_by_config)
from mmpose_pinet.post_processors import PoseFusion

FUSION = PoseFusion([0.1] * 3)
# the second pose is the first person again; the third stands apart
POSES = np.array([
    [[4., 4], [12, 4], [8, 14]],
    [[5., 4], [12, 5], [8, 13]],
    [[20., 20], [28, 20], [24, 30]],
])
SCORES = np.array([[.5, .7, .2], [.6, .1, .3], [.9, .8, .7]])


def fuse(score_thr=0., kind=np.asarray, **changes):
    given = dict(keypoints=POSES, keypoint_scores=SCORES, **changes)
    return fuse_candidates(
        InstanceData(**{
            key: kind(value)
            for key, value in given.items()
        }), FUSION, score_thr)


@pytest.mark.parametrize('kind', [np.asarray, torch.as_tensor])
def test_persons_by_hand(kind):
    """Best person first, each with its box and the mean of its scores."""
    found = fuse(kind=kind)
    np.testing.assert_array_equal(
        found.keypoints, [POSES[2], [POSES[1, 0], POSES[0, 1], POSES[1, 2]]])
    np.testing.assert_array_equal(found.keypoint_scores,
                                  [SCORES[2], [.6, .7, .3]])
    np.testing.assert_array_equal(found.bboxes,
                                  [[20, 20, 28, 30], [5, 4, 12, 13]])
    np.testing.assert_allclose(found.bbox_scores, [.8, 1.6 / 3])
    assert all(isinstance(found[key], np.ndarray) for key in found.keys())


def test_what_a_detector_says_of_a_candidate_counts_for_its_keypoints():
    """The second candidate is unlikely, and gives none of its keypoints."""
    found = fuse(scores=np.array([.5, .1, .4]))
    np.testing.assert_array_equal(found.keypoints, POSES[[2, 0]])
    np.testing.assert_allclose(found.keypoint_scores,
                               [.4 * SCORES[2], .5 * SCORES[0]])


def test_unlikely_persons_are_left_out():
    assert len(fuse(score_thr=.6)) == 1


@pytest.mark.parametrize('kind', [np.asarray, torch.as_tensor])
def test_nobody(kind):
    found = fuse_candidates(
        InstanceData(
            keypoints=kind(np.zeros((0, 3, 2))),
            keypoint_scores=kind(np.zeros((0, 3))),
            scores=kind(np.zeros(0))), FUSION)
    assert found.keypoints.shape == (0, 3, 2)
    assert found.keypoint_scores.shape == (0, 3)
    assert found.bboxes.shape == (0, 4) and found.bbox_scores.shape == (0, )


def test_all_persons_unless_a_score_is_given():
    candidates = InstanceData(keypoints=POSES, keypoint_scores=SCORES / 100)
    assert len(fuse_candidates(candidates, FUSION)) == 2


def test_candidates_that_are_no_numbers_are_told_with_their_image():
    candidates = InstanceData(keypoints=POSES * np.nan, keypoint_scores=SCORES)
    with pytest.raises(ValueError, match='^a.jpg: keypoints or scores'):
        fuse_candidates(candidates, FUSION, image='a.jpg')


# in bfloat16, which NumPy does not have, as a head's scores may be
@pytest.mark.parametrize(
    'kind',
    [np.asarray, torch.as_tensor, lambda x: torch.tensor(x).bfloat16()])
@pytest.mark.parametrize('key', ['keypoints', 'keypoint_scores'])
@pytest.mark.parametrize('value', [np.nan, -np.inf])
def test_persons_that_are_no_numbers_are_told_with_their_image(
        kind, key, value):
    found = dict(keypoints=POSES.copy(), keypoint_scores=SCORES.copy())

    def check():
        check_persons(
            InstanceData(**{
                key: kind(x)
                for key, x in found.items()
            }), 'a.jpg')

    check()
    found[key][2, 1] = value
    with pytest.raises(ValueError, match='^a.jpg: keypoints or scores'):
        check()


@pytest.mark.parametrize('view', [0, 1])
def test_the_image_of_each_view_is_told(view):
    """In a flip test; one without a file as such."""
    maps = [torch.zeros(4, 2, 3, 3), torch.zeros(4, 1, 2, 2)]
    samples = [
        PoseDataSample(metainfo=dict(img_path='a.jpg')),
        PoseDataSample()
    ]
    for image, name in enumerate(['a.jpg', 'an image without a file']):
        wrong = [x.clone() for x in maps]
        wrong[1][2 * view + image, 0, 1, 1] = float('inf')
        with pytest.raises(ValueError, match=f'^{name}: features'):
            check_features(wrong, samples)
    check_features(maps, samples)


@pytest.mark.parametrize('dtype', [torch.half, torch.bfloat16])
def test_large_features_are_finite_features(dtype):
    """Though their sum is beyond the largest number of half precision."""
    check_features([torch.full((1, 8, 64, 64), 9e3, dtype=dtype)],
                   [PoseDataSample()])


def test_where_nobody_says_the_head_of_a_config_says_what_is_shown():
    plus = dict(
        type='PINetPlusHead',
        in_channels=4,
        num_keypoints=17,
        decoder=dict(
            type='PartSPR',
            input_size=(64, 64),
            heatmap_size=(16, 16),
            parts='part-large',
            skeleton='coco'))
    assert shown_from_by_config(dict(head=plus)) == 0.3
    assert shown_from_by_config(
        dict(head=dict(plus, type=PINetPlusHead))) == 0.3
    assert shown_from_by_config(dict(head=dict(plus, scoring=None))) == 0.1
    # heads that say nothing are not built: theirs is no whole config
    for head in dict(type='DEKRHead'), dict(type='not here'), dict(), None:
        assert shown_from_by_config(dict(head=head)) == 0.1
    assert shown_from_by_config({}) == 0.1
