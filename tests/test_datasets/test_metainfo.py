"""People told by their number of keypoints."""
import pytest

from mmpose_pinet.datasets.metainfo import metainfo_of, skeleton_of


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
