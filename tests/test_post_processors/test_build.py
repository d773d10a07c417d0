"""What turns candidates into persons, from a config."""
import pytest
from mmpose.registry import TASK_UTILS

from mmpose_pinet.codecs.skeletons import load_skeleton
from mmpose_pinet.fusion import PoseFusion
from mmpose_pinet.post_processors import build_post_processor


def test_pose_fusion_is_built_by_its_name():
    built = build_post_processor(
        dict(type='PoseFusion', oks_thr=0.5), 2, [0.1, 0.2])
    assert isinstance(built, PoseFusion)
    assert built.oks_thr == 0.5 and built.sigmas.tolist() == [0.1, 0.2]


def test_sigmas_of_its_own_go_before_those_of_the_skeleton():
    config = dict(type='PoseFusion', sigmas=[0.3, 0.4])
    assert build_post_processor(config, 2, [0.1, 0.2]).sigmas[0] == 0.3


def test_a_skeleton_stands_for_its_sigmas():
    config = dict(type='PoseFusion', skeleton='crowdpose')
    built = build_post_processor(config, 14, [0.1] * 14)
    assert built.sigmas.tolist() == load_skeleton('crowdpose').sigmas
    assert config == dict(type='PoseFusion', skeleton='crowdpose')


def test_where_k_is_not_known_any_sigmas_fit():
    assert len(
        build_post_processor(dict(type='PoseFusion',
                                  sigmas=[0.1])).sigmas) == 1


@pytest.mark.parametrize('config, message', [
    (dict(), "no sigmas.* add skeleton='coco', 'crowdpose' or a metainfo"),
    (dict(skeleton='coco', sigmas=[0.1]), "both skeleton='coco' and sigmas"),
    (dict(skeleton='cocos'), "skeleton='cocos' is neither one of"),
    (dict(skeleton='coco'), "skeleton='coco' has 17 values, but .*=2"),
])
def test_what_does_not_tell_sigmas_is_refused(config, message):
    with pytest.raises(ValueError, match=message):
        build_post_processor(dict(config, type='PoseFusion'), 2)


def test_no_config_builds_nothing():
    assert build_post_processor(None, 2) is None


def test_sigmas_that_do_not_fit():
    with pytest.raises(ValueError, match='1 values, but num_keypoints=2'):
        build_post_processor(dict(type='PoseFusion', sigmas=[0.1]), 2)


def test_a_wrong_value_is_told_through_the_registry():
    with pytest.raises(ValueError, match='oks_thr=1.5'):
        TASK_UTILS.build(dict(type='PoseFusion', sigmas=[0.1], oks_thr=1.5))
