"""An exported file finds what its config and weights find."""
import cv2
import numpy as np
import pytest
from random_weights import TINY

from mmpose_pinet.apis import PINet
from mmpose_pinet.datasets.drawn import draw_image
from mmpose_pinet.deploy.runtime import PINetRuntime


@pytest.fixture(scope='module')
def pictures():
    """Drawn crowds of several shapes, one much longer than wide.

    With grain: this model was never trained, and where a picture is flat, all
    of its peaks are as high, so that rounding chooses among them.
    """
    random = np.random.default_rng(4)
    crowd = draw_image(random, 256)[0]
    crowd = (crowd // 2 + random.integers(0, 128, crowd.shape)).astype(
        np.uint8)
    return [
        crowd,
        crowd[:200],
        crowd[:, 60:180],
        cv2.resize(crowd, (90, 600)),
        cv2.resize(crowd, (400, 180)),
        crowd[::-1].copy(),
    ]


@pytest.fixture(scope='module')
def expected(checkpoint, pictures):
    return PINet(TINY, checkpoint, device='cpu', score_thr=0.2)(pictures)


@pytest.mark.parametrize('engine', ['onnxruntime', 'openvino'])
@pytest.mark.parametrize('batch_size', [1, 3])
def test_poses_are_those_of_pytorch(exported, pictures, expected, engine,
                                    batch_size):
    model = PINetRuntime(exported, engine, score_thr=0.2)
    found = model(pictures, batch_size)
    assert sum(map(len, expected)) > 100
    for one, other in zip(found, expected):
        assert len(one) == len(other)
        assert one.image_size == other.image_size
        assert one.keypoint_names == other.keypoint_names
        assert one.skeleton_links == other.skeleton_links
        np.testing.assert_allclose(one.keypoints, other.keypoints, atol=0.1)
        np.testing.assert_allclose(one.bboxes, other.bboxes, atol=0.1)
        np.testing.assert_allclose(
            one.keypoint_scores, other.keypoint_scores, atol=1e-4)
        np.testing.assert_allclose(
            one.bbox_scores, other.bbox_scores, atol=1e-4)


def test_pinet_takes_the_file_as_it_takes_a_config(exported, pictures,
                                                   expected):
    found = PINet(exported, score_thr=0.2)(pictures[0])
    assert repr(found) == repr(expected[0])


@pytest.mark.parametrize('engine', ['onnxruntime', 'openvino'])
@pytest.mark.parametrize('shape', [(1, 1, 3), (7, 500, 3), (64, 64, 3)])
def test_a_black_picture_is_no_error(exported, engine, shape):
    found = PINetRuntime(
        exported, engine, score_thr=0)(
            np.zeros(shape, np.uint8))
    assert found.image_size == shape[1::-1]
    assert np.isfinite(found.keypoints).all()


def test_where_nothing_scores_there_is_nobody(exported, pictures):
    model = PINetRuntime(exported, 'onnxruntime', score_thr=1e6)
    found = model(pictures[0])
    assert len(found) == 0
    assert found.keypoints.shape == (0, 17, 2)
