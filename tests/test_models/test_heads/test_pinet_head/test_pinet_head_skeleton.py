"""What the codec knows of a skeleton, the head need not be told."""
import numpy as np
import pytest
import torch

from mmpose_pinet.models import PINetHead

SNAIL = """dataset_info = dict(
    dataset_name='snail',
    keypoint_info={
        0: dict(name='mouth'),
        1: dict(name='left_eye', swap='right_eye'),
        2: dict(name='right_eye', swap='left_eye'),
        3: dict(name='tail')
    },
    skeleton_info={
        0: dict(link=('mouth', 'left_eye')),
        1: dict(link=('mouth', 'right_eye'))
    },
    joint_weights=[1.] * 4,
    sigmas=[0.05, 0.025, 0.025, 0.1])
"""
SIGMAS = [0.05, 0.025, 0.025, 0.1]
EYES = [['left_eye', 'right_eye'], ['mouth', 'tail']]


@pytest.fixture
def codec(tmp_path):
    path = tmp_path / 'snail.py'
    path.write_text(SNAIL)
    return dict(
        type='PartSPR',
        input_size=(64, 64),
        heatmap_size=(16, 16),
        parts=EYES,
        skeleton=str(path))


def build(codec, **kwargs):
    return PINetHead(
        in_channels=2,
        decoder=codec,
        **{
            'post_processor': dict(type='PoseFusion'),
            **kwargs
        })


def test_all_comes_from_the_metainfo_file(codec):
    head = build(codec)
    assert head.num_keypoints == 4
    assert head.decoder.parts == [[1, 2], [0, 3]]
    assert head.point_layer.out_features == 4 + 2
    assert head.displacement_layer.out_features == 2 * 4 * 2
    np.testing.assert_array_equal(head.post_processor.sigmas, SIGMAS)
    # degrees with itself: mouth 3, eyes 2, tail 1
    side = 6**-0.5
    torch.testing.assert_close(
        head.refinement.adjacency.detach(),
        torch.tensor([[1 / 3, side, side, 0], [side, 1 / 2, 0, 0],
                      [side, 0, 1 / 2, 0], [0, 0, 0, 1]]))


def test_what_is_said_to_the_head_counts(codec):
    head = build(
        codec,
        num_keypoints=4,
        refinement=dict(type='PoseRefinement', skeleton=[(0, 3)]),
        post_processor=dict(type='PoseFusion', sigmas=[0.2] * 4))
    assert head.post_processor.sigmas.tolist() == [0.2] * 4
    linked = (head.refinement.adjacency > 0).nonzero().tolist()
    assert linked == [[0, 0], [0, 3], [1, 1], [2, 2], [3, 0], [3, 3]]


def test_the_order_of_arguments_is_channels_number_codec(codec):
    head = PINetHead(2, 4, codec)
    assert (head.num_keypoints, head.decoder.parts) == (4, [[1, 2], [0, 3]])
    with pytest.raises(ValueError, match="NoneType.*type='PartSPR'"):
        PINetHead(2, 4)


def test_the_head_can_do_without_refinement_and_fusion(codec):
    head = build(codec, refinement=None, post_processor=None)
    assert (head.refinement, head.post_processor) == (None, None)


def test_parts_by_index_need_no_skeleton_but_a_number(codec):
    codec.update(parts=[[0, 4]], skeleton=None)
    links = dict(type='PoseRefinement', skeleton=[(0, 1)])
    head = build(codec, num_keypoints=5, refinement=links, post_processor=None)
    assert head.decoder.skeleton is None
    assert head.refinement.adjacency.shape == (5, 5)
    with pytest.raises(ValueError, match='set skeleton .*num_keypoints'):
        build(codec, refinement=links)


@pytest.mark.parametrize('key, value, message', [
    ('parts', [['left_eye', 'horn']], r"'horn' in parts\[0\]"),
    ('parts', [[0, 4]], r'parts\[0\]=\[0, 4\].*num_keypoints=4'),
    ('parts', 'head', "'head' is a name.*snail.py"),
    ('skeleton', 'snail.py', 'neither.*snail.py'),
])
def test_a_codec_at_odds_with_its_skeleton(codec, key, value, message):
    codec[key] = value
    with pytest.raises(ValueError, match=message):
        build(codec)
