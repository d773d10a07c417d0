"""What is rounded to 8 bits, and what is not."""
from contextlib import redirect_stdout
from io import StringIO
from shutil import copy

import cv2
import numpy as np
import onnx
import pytest
from file_metadata import metadata_of
from onnx import TensorProto, helper, numpy_helper

from mmpose_pinet.cli import main
from mmpose_pinet.deploy.quantize import nodes_to_round, quantize
from mmpose_pinet.deploy.runtime import PINetRuntime

EXPORT = 'export', 'pinet_hrnet-tiny_drawn-crowd'


@pytest.fixture(scope='module')
def pictures(tmp_path_factory):
    """Six pictures of noise, of two shapes."""
    folder = tmp_path_factory.mktemp('pictures')
    random = np.random.default_rng(0)
    for number in range(6):
        shape = (256, 256 + 64 * (number % 2), 3)
        cv2.imwrite(
            str(folder / f'{number}.png'),
            random.integers(0, 256, shape).astype(np.uint8))
    return folder


@pytest.fixture(scope='module')
def command(checkpoint, exported, pictures, tmp_path_factory):
    """The file that the command writes, and what it prints."""
    file = tmp_path_factory.mktemp('quantised') / 'int8.onnx'
    with pytest.MonkeyPatch.context() as patch, \
            redirect_stdout(StringIO()) as printed:
        # the export before it has been done
        patch.setattr('mmpose_pinet.apis.export_model.export_onnx',
                      lambda model, metadata, path: copy(exported, path))
        assert main([
            *EXPORT, checkpoint, '--out',
            str(file), '--int8', '--calibration',
            str(pictures)
        ]) == 0
    return file, printed.getvalue()


@pytest.fixture(scope='module')
def quantised(command):
    return command[0]


def test_backbone_alone_is_rounded(exported, quantised):
    graph = onnx.load(quantised).graph
    rounded = {
        value.name: value.data_type
        for value in graph.initializer if value.data_type == TensorProto.INT8
    }
    sources = {name: node for node in graph.node for name in node.output}
    convolutions = [node for node in graph.node if node.op_type == 'Conv']
    # each reads its weights from 8-bit integers, but those of the point maps
    for node in convolutions:
        weights = sources.get(node.input[1])
        if node.name.startswith('/backbone/'):
            assert weights.op_type == 'DequantizeLinear'
            assert weights.input[0] in rounded
        else:
            assert weights is None or weights.op_type != 'DequantizeLinear'
    assert not any(
        node.name.startswith('/refinement/')
        and 'QuantizeLinear' in node.op_type for node in graph.node)
    assert quantised.stat().st_size < 0.6 * exported.stat().st_size


def test_two_products_fit_16_bits(quantised):
    """Where a processor adds them there."""
    weights = [
        numpy_helper.to_array(value).astype(int)
        for value in onnx.load(quantised).graph.initializer
        if value.data_type == TensorProto.INT8 and len(value.dims) == 4
    ]
    assert len(weights) > 20
    most = max(np.abs(x).max() for x in weights)
    assert 60 < most and 2 * 255 * most < 2**15


def test_the_file_says_that_it_is_rounded(exported, quantised):
    exact, rounded = metadata_of(exported), metadata_of(quantised)
    assert (exact.quantized, rounded.quantized) == (False, True)
    assert rounded.checkpoint_sha256 == exact.checkpoint_sha256


@pytest.mark.parametrize('engine', ['onnxruntime', 'openvino'])
def test_poses_are_about_the_same(exported, quantised, pictures, engine):
    """Of noise by random weights: most persons stand where they stood."""
    picture = cv2.imread(str(pictures / '0.png'))
    exact, rounded = (
        PINetRuntime(file, engine, score_thr=0)(picture)
        for file in (exported, quantised))
    assert len(exact) > 20
    distances = np.abs(exact.keypoints[:, None] -
                       rounded.keypoints[None]).mean((2, 3))
    assert np.median(distances.min(1)) < 4


def make_graph():
    """Sums of a convolution with itself, with a number, and elsewhere."""
    number = helper.make_tensor('number', TensorProto.FLOAT, [], [0.])
    nodes = [
        helper.make_node('Conv', ['x', 'w'], ['y'], name='/backbone/conv'),
        helper.make_node('Add', ['y', 'y'], ['z'], name='/backbone/sum'),
        helper.make_node('Add', ['z', 'number'], ['a'], name='/neck/start'),
        helper.make_node('Constant', [], ['zero'], value=number, name='c'),
        helper.make_node('Add', ['zero', 'a'], ['b'], name='/neck/zero'),
        helper.make_node('Add', ['b', 'b'], ['c'], name='/refinement/sum'),
        helper.make_node('Relu', ['c'], ['d'], name='/neck/relu'),
    ]
    return helper.make_graph(nodes, 'graph', [], [], [number])


def test_sums_with_a_constant_stay_as_they_are():
    assert nodes_to_round(
        make_graph()) == ['/backbone/conv', '/backbone/sum', '/neck/relu']


def test_a_rounded_file_is_not_rounded_again(quantised, pictures, tmp_path):
    with pytest.raises(ValueError, match='int8.onnx computes in int8 already'):
        quantize(quantised, tmp_path / 'a.onnx', pictures)


def test_without_pictures_there_is_no_file(exported, tmp_path):
    (tmp_path / 'pictures').mkdir()
    with pytest.raises(FileNotFoundError, match='holds no picture'):
        quantize(exported, tmp_path / 'a.onnx', tmp_path / 'pictures')
    assert not (tmp_path / 'a.onnx').exists()


def test_a_picture_that_cannot_be_read_leaves_what_was_there(
        exported, tmp_path):
    (tmp_path / 'a.png').write_text('no picture')
    file = tmp_path / 'a.onnx'
    file.write_text('before')
    with pytest.raises(ValueError, match='a.png cannot be read'):
        quantize(exported, file, tmp_path)
    assert file.read_text() == 'before'


def test_the_command_says_that_it_exported_in_int8(command):
    assert 'MB, int8, 17 keypoints, ' in command[1]


def test_the_command_needs_pictures(checkpoint, tmp_path, capsys):
    out = str(tmp_path / 'a.onnx')
    assert main([*EXPORT, checkpoint, '--out', out, '--int8']) == 2
    assert '--int8 and --calibration FOLDER go together' in (
        capsys.readouterr().err)
