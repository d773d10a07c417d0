"""One file for pictures of any number and shape."""
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from file_metadata import metadata_of
from mmengine.config import Config
from mmpose.apis import init_model
from random_weights import TINY

from mmpose_pinet.compat import onnx_export
from mmpose_pinet.deploy.export import OPSET, export_onnx
from mmpose_pinet.deploy.network import Network

# What readers of other engines and languages have to know.
OPERATIONS = {
    'Add', 'And', 'Cast', 'Clip', 'Concat', 'Constant', 'ConstantOfShape',
    'Conv', 'Div', 'Equal', 'Expand', 'Flatten', 'Floor', 'Gather', 'Gemm',
    'Greater', 'GreaterOrEqual', 'Identity', 'Less', 'LessOrEqual', 'MatMul',
    'MaxPool', 'Mod', 'Mul', 'Not', 'Range', 'ReduceMax', 'ReduceMean',
    'ReduceSum', 'Relu', 'Reshape', 'Resize', 'Shape', 'Slice', 'Split',
    'Squeeze', 'Sub', 'Tile', 'TopK', 'Transpose', 'Unsqueeze', 'Where', 'Xor'
}


def draw_noise(*shape):
    noise = np.random.default_rng(sum(shape)).integers(0, 256, shape)
    return noise.astype(np.uint8)


def test_the_file_has_standard_operations_of_one_opset(exported):
    file = onnx.load(exported)
    onnx.checker.check_model(file, full_check=True)
    assert [(opset.domain, opset.version)
            for opset in file.opset_import] == [('', OPSET)]
    assert not file.functions
    operations = {node.op_type for node in file.graph.node}
    assert operations <= OPERATIONS
    # norms are folded into convolutions
    assert 'Conv' in operations and 'BatchNormalization' not in operations


def test_numbers_and_shapes_of_pictures_are_free(exported):
    graph = onnx.load(exported).graph
    shapes = {
        value.name: [
            dim.dim_param or dim.dim_value
            for dim in value.type.tensor_type.shape.dim
        ]
        for value in (*graph.input, *graph.output)
    }
    assert shapes == dict(
        images=['N', 'H', 'W', 3],
        keypoints=['N', 90, 17, 2],
        scores=['N', 90, 17],
        valid=['N', 90])


@pytest.fixture(scope='module')
def network(checkpoint):
    model = init_model(Config.fromfile(TINY), checkpoint, device='cpu')
    return Network(model, flip_test=True).eval()


# Mean sides of the maps, which tell how far apart peaks are: under 200 cells,
# 200 to 300, above 300.
@pytest.mark.parametrize('height, width, mean_side', [(64, 64, 16),
                                                      (192, 1024, 152),
                                                      (384, 1600, 248),
                                                      (576, 2240, 352)])
def test_one_file_is_right_for_every_size(exported, network, height, width,
                                          mean_side):
    assert (height + width) / 8 == mean_side
    pictures = draw_noise(1, height, width, 3)
    with torch.no_grad():
        expected = network(torch.from_numpy(pictures))
    session = onnxruntime.InferenceSession(str(exported))
    found = session.run(None, dict(images=pictures))
    keypoints, scores, valid = (value.numpy() for value in expected)
    assert valid.sum() > 20
    np.testing.assert_array_equal(found[2], valid)
    np.testing.assert_allclose(found[0][valid], keypoints[valid], atol=1e-2)
    np.testing.assert_allclose(found[1][valid], scores[valid], atol=1e-5)


def test_another_process_runs_another_batch(exported, network, tmp_path):
    pictures = draw_noise(3, 128, 320, 3)
    code = ('import sys, numpy, onnxruntime\n'
            'session = onnxruntime.InferenceSession(sys.argv[1])\n'
            'pictures = numpy.load(sys.argv[2])\n'
            'numpy.save(sys.argv[3], session.run(["keypoints"], '
            'dict(images=pictures))[0])\n')
    given, taken = tmp_path / 'in.npy', tmp_path / 'out.npy'
    np.save(given, pictures)
    subprocess.run([sys.executable, '-c', code, exported, given, taken],
                   check=True)
    with torch.no_grad():
        expected = network(torch.from_numpy(pictures))[0].numpy()
    found = np.load(taken)
    assert found.shape == (3, 90, 17, 2)
    np.testing.assert_allclose(found, expected, atol=1e-2)


class PoolingBackbone(torch.nn.Module):
    """Does what ONNX lacks: it pools to a size that the picture tells."""

    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone

    def forward(self, images):
        fine, *coarse = self.backbone(images)
        size = images.shape[2] // 8, images.shape[3] // 8
        return (torch.nn.functional.adaptive_avg_pool2d(fine, size), *coarse)


def test_a_network_that_onnx_cannot_hold_is_refused(exported, checkpoint,
                                                    tmp_path):
    model = init_model(Config.fromfile(TINY), checkpoint, device='cpu')
    model.backbone = PoolingBackbone(model.backbone)
    there = tmp_path / 'a.onnx'
    there.write_text('what was there before')
    with pytest.raises(ValueError, match='cannot be exported.*adaptive pool'):
        export_onnx(model, metadata_of(exported), there)
    assert there.read_text() == 'what was there before'
    assert [file.name for file in tmp_path.iterdir()] == ['a.onnx']


class FixedSize(torch.nn.Module):
    """Resizes to a number, which stays that of the picture it was traced
    with."""

    def forward(self, maps):
        size = [int(side) for side in maps[0].shape[2:]]
        return [torch.nn.functional.interpolate(x, size) for x in maps]


class ErrorElsewhere(torch.nn.Module):
    """Adds what has the size of the picture it was traced with."""

    def forward(self, maps):
        size = [int(side) for side in maps[0].shape[2:]]
        return [maps[0] + torch.ones(size), *maps[1:]]


@pytest.mark.parametrize('neck, fault',
                         [(FixedSize, 'finds other poses'),
                          (ErrorElsewhere, 'error .*size of tensor')])
def test_a_network_that_keeps_a_picture_s_size_is_refused(
        exported, checkpoint, tmp_path, neck, fault):
    """It would be wrong, or fail, wherever the file is used."""
    model = init_model(Config.fromfile(TINY), checkpoint, device='cpu')
    model.neck = neck()
    with pytest.raises(
            ValueError, match=f'drawn-crowd cannot.*keeps sizes.*{fault}'):
        export_onnx(model, metadata_of(exported), tmp_path / 'a.onnx')
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('dynamo', [True, False])
def test_the_exporter_that_traces_is_asked_for(monkeypatch, dynamo):
    """By its option, where PyTorch has it."""
    asked = []

    def without_option(model, *, opset_version=None):
        asked.append({})

    def with_option(model, *, opset_version=None, dynamo=True):
        asked.append(dict(dynamo=dynamo))

    monkeypatch.setattr(torch.onnx, 'export',
                        with_option if dynamo else without_option)
    onnx_export.export_traced('a model', opset_version=OPSET)
    assert asked == [dict(dynamo=False) if dynamo else {}]
