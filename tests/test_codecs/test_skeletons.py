"""Bodies by name and from metainfo files, and how wrong ones are refused."""
import copy

import numpy as np
import pytest
from mmpose.datasets.datasets import AP10KDataset, CocoDataset
from mmpose.datasets.datasets.body import CrowdPoseDataset

from mmpose_pinet.codecs.skeletons import SKELETONS, get_links, load_skeleton

DATASETS = dict(coco=CocoDataset, crowdpose=CrowdPoseDataset)


@pytest.fixture(params=DATASETS)
def name(request):
    return request.param


def names_of(meta):
    return [meta['keypoint_id2name'][k] for k in range(meta['num_keypoints'])]


def test_a_name_is_the_body_of_mmposes_dataset(name):
    skeleton, meta = load_skeleton(name), DATASETS[name]._load_metainfo()
    assert skeleton.names == names_of(meta)
    assert skeleton.num_keypoints == meta['num_keypoints']
    assert skeleton.flip_indices == meta['flip_indices']
    np.testing.assert_allclose(skeleton.sigmas, meta['sigmas'])


def test_links_are_symmetric_and_reach_every_keypoint(name):
    skeleton = load_skeleton(name)
    bones = {frozenset(link) for link in skeleton.links}
    assert skeleton.links == SKELETONS[name]
    assert len(bones) == len(SKELETONS[name])
    flip = skeleton.flip_indices
    assert {frozenset(flip[k] for k in bone) for bone in bones} == bones
    assert set().union(*bones) == set(range(len(flip)))


def test_coco_links_of_the_release():
    """No link of nose and shoulder: head and body fall apart."""
    bones = {frozenset(link) for link in load_skeleton('coco').links}
    # the release draws fewer links than MMPose's skeleton
    meta = CocoDataset._load_metainfo()
    assert bones < {frozenset(link) for link in meta['skeleton_links']}
    assert not any(min(bone) < 5 <= max(bone) for bone in bones)


def test_a_file_of_mmposes_own():
    """Named as MMPose's datasets name it, not from the working directory."""
    skeleton = load_skeleton('configs/_base_/datasets/ap10k.py')
    meta = AP10KDataset._load_metainfo()
    assert skeleton.names == names_of(meta)
    assert skeleton.links == meta['skeleton_links']


# --- a file of one's own ----------------------------------------------------

SNAIL = dict(
    dataset_name='snail',
    keypoint_info={
        0: dict(name='mouth'),
        1: dict(name='left_eye', swap='right_eye'),
        2: dict(name='right_eye', swap='left_eye'),
        3: dict(name='tail', swap=''),
    },
    skeleton_info={
        0: dict(link=('mouth', 'tail')),
        1: dict(link=('right_eye', 'mouth')),
    },
    joint_weights=[1.] * 4,
    sigmas=[0.05, 0.025, 0.025, 0.1])


def write(path, info):
    path.write_text(f'dataset_info = {info!r}\n')
    return str(path)


def test_an_own_file(tmp_path):
    skeleton = load_skeleton(write(tmp_path / 'snail.py', SNAIL))
    assert skeleton.names == ['mouth', 'left_eye', 'right_eye', 'tail']
    assert skeleton.links == [(0, 3), (2, 0)]
    assert skeleton.sigmas == [0.05, 0.025, 0.025, 0.1]
    assert skeleton.flip_indices == [0, 2, 1, 3]
    assert skeleton.num_keypoints == 4


def test_a_path_starts_at_the_working_directory(tmp_path, monkeypatch):
    """As the datasets' does, also where MMPose has a file of that name."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / 'configs/_base_/datasets'
    folder.mkdir(parents=True)
    write(folder / 'coco.py', SNAIL)
    own = load_skeleton('configs/_base_/datasets/coco.py')
    assert own.num_keypoints == 4
    assert load_skeleton('coco').num_keypoints == 17


@pytest.mark.parametrize('key, value, message', [
    ('sigmas', [0.1] * 3, 'sigmas has 3 values for 4 keypoints'),
    ('sigmas', [0.1, 0.1, 0., 0.1], r'sigmas must be positive.*0\.0'),
    ('sigmas', [0.1, 0.1, float('nan'), 0.1], 'sigmas must be positive'),
    ('sigmas', 0.1, 'sigmas must be a list, not 0.1'),
    ('joint_weights', [1.], 'joint_weights has 1 values for 4 keypoints'),
    ('keypoint_info.2.name', 'left_eye', 'a name of its own.*left_eye'),
    ('keypoint_info.2.name', None, 'a name of its own.*None'),
    ('keypoint_info.2.swap', 'left_eyes', "did you mean 'left_eye'"),
    ('keypoint_info.2.swap', '',
     "'left_eye' swaps with 'right_eye', which swaps with 'right_eye'"),
    ('keypoint_info.3.swap', 'mouth',
     "'tail' swaps with 'mouth', which swaps with 'mouth'"),
    ('keypoint_info', [], 'keypoint_info must be a dict'),
    ('skeleton_info.0.link', ('shell', 'tail'),
     r"'shell' in skeleton_info\[0\]\.link is no keypoint.*'mouth'"),
    ('skeleton_info.1.link', ('tial', 'mouth'), "did you mean 'tail'"),
    ('skeleton_info.1.link', ('tail', ), r'skeleton_info\[1\].*two names'),
    ('skeleton_info.1', {}, r'skeleton_info\[1\].*two names'),
])
def test_a_mistake_is_told(tmp_path, key, value, message):
    info = copy.deepcopy(SNAIL)
    *above, last = [int(k) if k.isdigit() else k for k in key.split('.')]
    node = info
    for k in above:
        node = node[k]
    node[last] = value
    path = tmp_path / 'snail.py'
    text = repr(info).replace('nan', "float('nan')")
    path.write_text(f'dataset_info = {text}\n')
    with pytest.raises(ValueError, match=message) as error:
        load_skeleton(str(path))
    assert str(path) in str(error.value)


@pytest.mark.parametrize('ids', [[1, 2, 3, 4], [0, 1, 2, 4], [0, 2, 1, 3]])
def test_keypoints_are_counted_in_order(tmp_path, ids):
    """Else MMPose mirrors the wrong ones, in silence."""
    joints = dict(zip(ids, SNAIL['keypoint_info'].values()))
    path = write(tmp_path / 'a.py', dict(SNAIL, keypoint_info=joints))
    message = r'- keypoint_info must count .* in this order, not \[.*\d\]'
    with pytest.raises(ValueError, match=message):
        load_skeleton(path)


def test_all_mistakes_are_told_at_once(tmp_path):
    info = dict(SNAIL, sigmas=[0.1], skeleton_info={0: dict(link=('a', 'b'))})
    with pytest.raises(ValueError) as error:
        load_skeleton(write(tmp_path / 'a.py', info))
    first, *mistakes = str(error.value).splitlines()
    assert 'has mistakes' in first
    for mistake, said in zip(mistakes, ("'a' in", "'b' in", 'sigmas has 1')):
        assert said in mistake
    assert len(mistakes) == 3


@pytest.mark.parametrize('text, message', [
    ('names = 3\n', 'no dataset_info'),
    ('dataset_info = dict(sigmas=[1.])\n',
     'it lacks dataset_name, keypoint_info, skeleton_info, joint_weights'),
])
def test_a_file_of_another_kind(tmp_path, text, message):
    path = tmp_path / 'a.py'
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_skeleton(str(path))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="'coco', 'crowdpose'.*none.py"):
        load_skeleton(str(tmp_path / 'none.py'))


# --- links ------------------------------------------------------------------


def test_links_by_name_and_as_given(name):
    assert get_links(name, load_skeleton(name).num_keypoints) == \
        SKELETONS[name]
    assert get_links([[0, 1], [1, 2]], 3) == [(0, 1), (1, 2)]


@pytest.mark.parametrize('skeleton, num_keypoints, message', [
    ('openpose', 17, "skeleton='openpose'.*'coco'"),
    ('coco', 14, "skeleton='coco' has 17.*num_keypoints=14"),
    ([(0, 1), (1, 3)], 3, r'\(1, 3\).*between 0 and 2'),
    ([(0, 1, 2)], 3, r'\(0, 1, 2\).*a pair'),
    ([(-1, 2)], 3, r'\(-1, 2\).*between 0 and 2'),
])
def test_wrong_links(skeleton, num_keypoints, message):
    with pytest.raises(ValueError, match=message):
        get_links(skeleton, num_keypoints)
