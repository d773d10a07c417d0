"""A head that goes beyond the paper, exported."""
import numpy as np
import onnx
import pytest
from file_metadata import metadata_of
from random_weights import TINY, save_random_weights

from mmpose_pinet.apis import PINet
from mmpose_pinet.apis.export_model import export_model
from mmpose_pinet.datasets.drawn import draw_image
from mmpose_pinet.deploy.runtime import PINetRuntime


@pytest.fixture(scope='module')
def beyond(tmp_path_factory):
    """Config, weights and the file that is made of them, with one feature map,
    whose export is sooner done."""
    folder = tmp_path_factory.mktemp('beyond')
    config = folder / 'beyond.py'
    config.write_text(
        f"_base_ = '{TINY}'\n"
        "model = dict(head=dict(type='PINetPlusHead'), neck=dict("
        "type='ConcatFPN', in_channels=[16, 32, 64, 128], "
        'out_channels=60, num_outs=4))\n')
    weights = save_random_weights(folder / 'beyond.pth', config)
    export_model(config, weights, folder / 'beyond.onnx')
    return str(config), weights, folder / 'beyond.onnx'


@pytest.mark.parametrize('engine', ['onnxruntime', 'openvino'])
def test_poses_are_those_of_pytorch(beyond, engine):
    """Found in windows, and scored, without PyTorch."""
    config, weights, file = beyond
    random = np.random.default_rng(4)
    picture = draw_image(random, 256)[0]
    picture = (picture // 2 + random.integers(0, 128, picture.shape)).astype(
        np.uint8)
    pictures = [picture, picture[:200], picture[:, 60:180]]
    expected = PINet(config, weights, device='cpu', score_thr=0.2)(pictures)
    found = PINetRuntime(file, engine, score_thr=0.2)(pictures)
    assert sum(map(len, expected)) > 20
    for one, other in zip(found, expected):
        assert len(one) == len(other)
        # persons of equal scores swap, and a keypoint between two cells is
        # looked for around either: by rounding
        apart = np.abs(one.keypoints[:, None] - other.keypoints).max((2, 3))
        assert apart.min(0).max() < 1 and apart.min(1).max() < 1
        assert np.median(apart.min(0)) < 0.01
        np.testing.assert_allclose(
            one.bbox_scores, other.bbox_scores, atol=1e-3)
        # not r_p * r_k, which random weights have far above 1
        assert (one.keypoint_scores <= 1).all()


def test_persons_are_shown_from_another_score_on(beyond):
    """Its scores are OKS to expect, in PyTorch and in the file."""
    config, weights, file = beyond
    model = PINet(config, weights, device='cpu').model
    assert model.test_cfg['score_thr'] == metadata_of(file).score_thr == 0.3
    model = PINet(config, weights, device='cpu', score_thr=0.1).model
    assert model.test_cfg['score_thr'] == 0.1


def test_the_file_has_standard_operations(beyond):
    file = onnx.load(beyond[-1])
    onnx.checker.check_model(file, full_check=True)
    assert {opset.domain for opset in file.opset_import} == {''}
    assert not file.functions
