"""The tables of body parts and bones, and how a wrong one is refused."""
import pytest
from mmengine.config import Config
from mmengine.utils import get_installed_path
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_pinet.codecs.partitions import (PARTITIONS, SKELETONS, check_parts,
                                            get_links, get_parts, mirror_parts)

NAMES = ['center', 'head', 'part-large', 'part-small', 'keypoint']


def metainfo(skeleton):
    """What MMPose knows of the dataset."""
    path = get_installed_path('mmpose')
    file = f'{path}/.mim/configs/_base_/datasets/{skeleton}.py'
    return parse_pose_metainfo(Config.fromfile(file).dataset_info)


@pytest.fixture(params=['coco', 'crowdpose'])
def skeleton(request):
    return request.param


@pytest.mark.parametrize('name', ['part-small', 'keypoint', 'center'])
def test_every_keypoint_is_in_a_part(skeleton, name):
    joints = sum(get_parts(name, skeleton), [])
    assert set(joints) == set(range(metainfo(skeleton)['num_keypoints']))


def test_partitions_of_the_release(skeleton):
    expected = dict(
        coco=[{0, 1, 2, 3, 4}, {5, 6, 11, 12}, {11, 12, 13, 14, 15, 16}],
        crowdpose=[{12, 13}, {0, 1, 6, 7}, {6, 7, 8, 9, 10, 11}])[skeleton]
    assert [set(p) for p in get_parts('part-large', skeleton)] == expected
    assert [set(p) for p in get_parts('head', skeleton)] == expected[:1]


def test_thirteen_keypoint_parts():
    """The count that the paper gives."""
    assert len(get_parts('keypoint', 'coco')) == 13
    assert list(PARTITIONS['coco']) == list(PARTITIONS['crowdpose']) == NAMES


@pytest.mark.parametrize('name', NAMES)
def test_parts_come_in_mirrored_pairs(skeleton, name):
    """With left and right as MMPose's dataset has them."""
    flip = metainfo(skeleton)['flip_indices']
    parts = get_parts(name, skeleton)
    mirrored = mirror_parts(parts, flip)
    for part, other in zip(parts, mirrored):
        assert {flip[k] for k in part} == set(parts[other])
    assert [mirrored[s] for s in mirrored] == list(range(len(parts)))


def test_left_limbs_become_right_limbs():
    flip = metainfo('coco')['flip_indices']
    parts = get_parts('part-small', 'coco')
    assert mirror_parts(parts, flip) == [0, 1, 3, 2, 5, 4]


def test_part_without_mirror_image_is_refused():
    with pytest.raises(ValueError, match=r'parts\[1\]=\[5\].*\[6\]'):
        mirror_parts([[0], [5]], metainfo('coco')['flip_indices'])


def test_bones_are_symmetric_and_reach_every_keypoint(skeleton):
    flip = metainfo(skeleton)['flip_indices']
    bones = {frozenset(link) for link in SKELETONS[skeleton]}
    assert len(bones) == len(SKELETONS[skeleton])
    assert {frozenset(flip[k] for k in bone) for bone in bones} == bones
    assert set().union(*bones) == set(range(len(flip)))


def test_coco_bones_of_the_release():
    """No link of nose and shoulder: head and body fall apart."""
    bones = {frozenset(link) for link in SKELETONS['coco']}
    # the release draws fewer links than MMPose's skeleton
    mmpose = {frozenset(link) for link in metainfo('coco')['skeleton_links']}
    assert bones - mmpose == set()
    assert not any(min(bone) < 5 <= max(bone) for bone in bones)


def test_own_parts_are_taken_and_copied():
    parts = ((0, 1), (2, ))
    assert get_parts(parts) == [[0, 1], [2]]
    get_parts('head')[0].append(99)
    assert get_parts('head') == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize('parts, skeleton, message', [
    ('part-larg', 'coco', "parts='part-larg'.*'part-large'"),
    ('head', 'mpii', "skeleton='mpii'.*'crowdpose'"),
    ([], 'coco', r'parts=\[\] is empty'),
    ([[0], []], 'coco', r'parts\[1\]=\[\]'),
    ([[0, -1]], 'coco', r'parts\[0\]=\[0, -1\]'),
    ([[0, 1, 0]], 'coco', r'parts\[0\]=\[0, 1, 0\]'),
    ([['nose']], 'coco', r"parts\[0\]=\['nose'\]"),
    ([[0.5]], 'coco', r'parts\[0\]=\[0.5\]'),
])
def test_wrong_parts_are_refused_by_name(parts, skeleton, message):
    with pytest.raises(ValueError, match=message):
        get_parts(parts, skeleton)


def test_joint_that_is_not_there():
    check_parts([[0, 16]], 17)
    with pytest.raises(ValueError, match=r'parts\[1\].*keypoint 17.*0 to 16'):
        check_parts([[0], [3, 17]], 17)


@pytest.mark.parametrize('skeleton, num_keypoints, message', [
    ('openpose', 17, "skeleton='openpose'.*'coco'"),
    ('coco', 14, "skeleton='coco' has 17.*num_keypoints=14"),
    ([(0, 1), (1, 3)], 3, r'\(1, 3\).*between 0 and 2'),
    ([(0, 1, 2)], 3, r'\(0, 1, 2\).*a pair'),
    ([(-1, 2)], 3, r'\(-1, 2\).*between 0 and 2'),
])
def test_wrong_skeleton(skeleton, num_keypoints, message):
    with pytest.raises(ValueError, match=message):
        get_links(skeleton, num_keypoints)


def test_own_skeleton():
    assert get_links([[0, 1], [1, 2]], 3) == [(0, 1), (1, 2)]
