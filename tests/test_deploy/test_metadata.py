"""What an exported file tells of itself."""
import json
from dataclasses import FrozenInstanceError, replace

import onnx
import pytest
from small_files import METADATA

from mmpose_pinet.deploy.metadata import FileMetadata


def test_they_come_back_as_they_were_written():
    props = METADATA.to_props()
    assert all(isinstance(value, str) for value in props.values())
    assert json.loads(props['format_version']) == 2
    assert json.loads(props['flip_pairs']) == [[1, 2]]
    assert FileMetadata.from_props(props, 'a.onnx') == METADATA


def test_keys_of_a_later_writer_are_left_alone():
    props = dict(METADATA.to_props(), mood='"good"')
    assert FileMetadata.from_props(props, 'a.onnx') == METADATA


def test_lists_become_tuples_that_nobody_changes():
    assert replace(METADATA, parts=[[0], [1, 2]]).parts == ((0, ), (1, 2))
    with pytest.raises(FrozenInstanceError):
        METADATA.stride = 8


def test_fusion_is_that_of_the_file():
    fusion = METADATA.post_processor()
    assert (fusion.oks_thr, fusion.fuse) == (0.7, True)
    assert tuple(fusion.sigmas) == METADATA.sigmas
    assert replace(METADATA, oks_thr=None).post_processor() is None


@pytest.mark.parametrize('key', METADATA.to_props())
def test_a_key_that_is_missing_is_told(key):
    props = METADATA.to_props()
    del props[key]
    with pytest.raises(ValueError, match=f'a.onnx.*{key}'):
        FileMetadata.from_props(props, 'a.onnx')


def test_another_format_is_told():
    with pytest.raises(ValueError, match='no file of `pinet export`'):
        FileMetadata.from_props({}, 'a.onnx')
    props = dict(METADATA.to_props(), format_version='3')
    with pytest.raises(ValueError, match='version 3, .* reader of version 2'):
        FileMetadata.from_props(props, 'a.onnx')


@pytest.mark.parametrize('key, value, complaint', [
    ('keypoint_names', [], '3 values for 0 keypoints'),
    ('keypoint_names', 'nose', 'keypoint_names must be Tuple'),
    ('skeleton_links', [[0, 1, 2]], 'skeleton_links must be Tuple'),
    ('skeleton_links', [[0, 3]], r'skeleton_links has \[0, 3\].* 0 to 2'),
    ('sigmas', [.1, .1], '2 values for 3 keypoints'),
    ('sigmas', [.1, .1, 0], 'sigmas'),
    ('sigmas', [.1, .1, True], 'sigmas must be Tuple'),
    ('flip_pairs', [[-1, 1]], r'flip_pairs has \[-1, 1\]'),
    ('parts', [[0.5]], 'parts must be Tuple'),
    ('stride', 0, 'stride must be above 0'),
    ('size_factor', 64., 'size_factor must be .*int'),
    ('pad_value', [0, 0], 'pad_value must be Tuple'),
    ('pad_value', [0, 0, 256], 'pad_value must be from 0 to 255'),
    ('oks_thr', 2, 'oks_thr=2'),
    ('fuse', 1, 'fuse must be .*bool'),
    ('score_thr', -1, 'score_thr=-1'),
    ('score_thr', None, 'score_thr must be .*float'),
    ('licence', 3, 'licence must be .*str'),
])
def test_a_value_that_cannot_be_is_told(key, value, complaint):
    with pytest.raises(ValueError, match=complaint):
        replace(METADATA, **{key: value})
    props = dict(METADATA.to_props(), **{key: json.dumps(value)})
    with pytest.raises(ValueError, match=f'a.onnx is damaged: .*{complaint}'):
        FileMetadata.from_props(props, 'a.onnx')


def test_what_is_no_json_is_told():
    props = dict(METADATA.to_props(), parts='[[0')
    with pytest.raises(ValueError, match=r'a.onnx .*parts is no JSON: .\[\[0'):
        FileMetadata.from_props(props, 'a.onnx')


@pytest.mark.parametrize('key, value', [('keypoint_names', '[' * 100000),
                                        ('score_thr', 'NaN'),
                                        ('score_thr', 'Infinity')])
def test_values_made_to_harm_are_told(key, value):
    props = dict(METADATA.to_props(), **{key: value})
    with pytest.raises(ValueError, match=f'damaged: {key}') as raised:
        FileMetadata.from_props(props, 'a.onnx')
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize('name', ['"}', '../../a', '\ud800', '\x00', '<b>'])
def test_names_are_text_alone(name, tmp_path):
    hostile = replace(
        METADATA,
        keypoint_names=[name] * len(METADATA.keypoint_names),
        training_data=name)
    file = onnx.helper.make_model(onnx.helper.make_graph([], 'a', [], []))
    onnx.helper.set_model_props(file, hostile.to_props())
    onnx.save(file, tmp_path / 'a.onnx')
    props = {
        item.key: item.value
        for item in onnx.load(tmp_path / 'a.onnx').metadata_props
    }
    assert FileMetadata.from_props(props, 'a.onnx') == hostile
