"""People told by their number of keypoints."""
import pytest

from mmpose_pinet.datasets.metainfo import (keypoint_names, metainfo_of,
                                            skeleton_of)


@pytest.mark.parametrize('num_keypoints, name, first, last', [
    (17, 'coco', 'nose', 'right_ankle'),
    (14, 'crowdpose', 'left_shoulder', 'neck'),
])
def test_a_skeleton_and_its_names(num_keypoints, name, first, last):
    assert skeleton_of(num_keypoints) == name
    meta = metainfo_of(num_keypoints)
    assert meta['dataset_name'] == name
    assert len(meta['sigmas']) == meta['num_keypoints'] == num_keypoints
    names = meta['keypoint_id2name']
    assert (names[0], names[num_keypoints - 1]) == (first, last)


def test_people_of_another_kind_are_unknown():
    with pytest.raises(ValueError, match='no skeleton has 21 keypoints'):
        skeleton_of(21)


@pytest.mark.parametrize(
    'dataset_meta, names',
    [
        (None, ['0', '1']),
        (dict(keypoint_id2name={
            0: 'left_hand',
            1: 'tail'
        }), ['left hand', 'tail']),
        (metainfo_of(17), ['0', '1']),  # of other people
    ])
def test_names_come_from_whoever_knows_these_keypoints(dataset_meta, names):
    assert keypoint_names(2, dataset_meta) == names


def test_names_of_a_known_skeleton_need_no_dataset():
    assert keypoint_names(14)[12:] == ['top head', 'neck']
