"""The table of body parts, and how wrong parts are refused."""
from functools import partial

import pytest

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.codecs.partitions import (PARTITIONS, check_parts, get_parts,
                                            mirror_parts)
from mmpose_pinet.codecs.skeletons import load_skeleton

NAMES = ['center', 'head', 'part-large', 'part-small', 'keypoint']


@pytest.fixture(params=['coco', 'crowdpose'])
def skeleton(request):
    return load_skeleton(request.param)


@pytest.mark.parametrize('name', ['part-small', 'keypoint', 'center'])
def test_every_keypoint_is_in_a_part(skeleton, name):
    joints = sum(get_parts(name, skeleton), [])
    assert set(joints) == set(range(skeleton.num_keypoints))


def test_partitions_of_the_release(skeleton):
    expected = dict(
        coco=[{0, 1, 2, 3, 4}, {5, 6, 11, 12}, {11, 12, 13, 14, 15, 16}],
        crowdpose=[{12, 13}, {0, 1, 6, 7}, {6, 7, 8, 9, 10,
                                            11}])[skeleton.name]
    assert [set(p) for p in get_parts('part-large', skeleton)] == expected
    assert [set(p) for p in get_parts('head', skeleton)] == expected[:1]


def test_thirteen_keypoint_parts():
    """The count that the paper gives."""
    assert len(PARTITIONS['coco']['keypoint']) == 13
    assert list(PARTITIONS['coco']) == list(PARTITIONS['crowdpose']) == NAMES


@pytest.mark.parametrize('name', NAMES)
def test_parts_come_in_mirrored_pairs(skeleton, name):
    """With left and right as MMPose's dataset has them."""
    flip = skeleton.flip_indices
    parts = get_parts(name, skeleton)
    mirrored = mirror_parts(parts, flip)
    for part, other in zip(parts, mirrored):
        assert {flip[k] for k in part} == set(parts[other])
    assert [mirrored[s] for s in mirrored] == list(range(len(parts)))


def test_left_limbs_become_right_limbs():
    coco = load_skeleton('coco')
    parts = get_parts('part-small', coco)
    assert mirror_parts(parts, coco.flip_indices) == [0, 1, 3, 2, 5, 4]


def test_part_without_mirror_image_is_refused():
    with pytest.raises(ValueError, match=r'parts\[1\]=\[5\].*\[6\]'):
        mirror_parts([[0], [5]], load_skeleton('coco').flip_indices)


def test_own_parts_are_taken_and_copied():
    parts = ((0, 1), (2, ))
    assert get_parts(parts) == [[0, 1], [2]]
    coco = load_skeleton('coco')
    get_parts('head', coco)[0].append(99)
    assert get_parts('head', coco) == [[0, 1, 2, 3, 4]]


def test_parts_by_the_names_of_their_keypoints():
    names = [['nose', 'right_ear'], ['left_ankle', 16]]
    assert get_parts(names, load_skeleton('coco')) == [[0, 4], [15, 16]]
    assert get_parts([['neck', 'top_head']],
                     load_skeleton('crowdpose')) == [[13, 12]]


@pytest.mark.parametrize('parts, message', [
    ('part-larg', "parts='part-larg'.*'coco'.*'part-large'"),
    ([], r'parts=\[\] is empty'),
    ([[0], []], r'parts\[1\]=\[\]'),
    ([[0, -1]], r'parts\[0\]=\[0, -1\]'),
    ([[0, 1, 0]], r'parts\[0\]=\[0, 1, 0\]'),
    ([['nose', 0]], r'parts\[0\]=\[0, 0\]'),
    ([[0.5]], r'parts\[0\]=\[0.5\]'),
])
def test_wrong_parts_are_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        get_parts(parts, load_skeleton('coco'))


def test_all_names_that_are_no_keypoints_are_told_at_once():
    with pytest.raises(ValueError) as error:
        get_parts([['nose', 'left_hips'], ['tail']], load_skeleton('coco'))
    _, hips, tail = str(error.value).splitlines()
    assert "'left_hips' in parts[0]" in hips
    assert hips.endswith("did you mean 'left_hip' or 'left_wrist'?")
    assert "'tail' in parts[1]" in tail and "'right_ankle'" in tail


@pytest.mark.parametrize('parts', ['head', [['nose']]])
def test_names_need_a_skeleton(parts):
    with pytest.raises(ValueError, match='skeleton'):
        get_parts(parts)


def test_keypoint_that_is_not_there():
    check_parts([[0, 16]], 17)
    with pytest.raises(ValueError, match=r'parts\[1\].*keypoint 17.*0 to 16'):
        check_parts([[0], [3, 17]], 17)


def test_skeleton_of_another_number_of_keypoints():
    coco = load_skeleton('coco')
    check_parts([[0]], 17, coco)
    codec = PartSPR((64, 64), (16, 16), [[0]], 'coco')
    alone = partial(check_parts, [[0]], skeleton=coco)
    for check in alone, codec.check_num_keypoints:
        with pytest.raises(ValueError, match="'coco'.* 17.*num_keypoints=14"):
            check(num_keypoints=14)


def test_somebody_has_to_tell_the_number_of_keypoints():
    with pytest.raises(ValueError, match='set skeleton .* num_keypoints'):
        check_parts([[0]], None)
