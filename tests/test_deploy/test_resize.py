"""Pictures as the configs' test resizes them, and the way back."""
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine.structures import InstanceData
from mmpose.models.pose_estimators import BottomupPoseEstimator
from mmpose.structures import PoseDataSample
from small_files import METADATA

from mmpose_pinet.datasets import BottomupBoundedResize
from mmpose_pinet.deploy.resize import resize


def by_the_config(image, side, factor, pad_value):
    return BottomupBoundedResize(
        (side, side),
        size_factor=factor,
        resize_mode='expand',
        pad_val=pad_value).transform(
            dict(img=image, ori_shape=image.shape[:2]))


def assert_as_by_the_config(height,
                            width,
                            side=64,
                            factor=64,
                            pad_value=(0, 0, 0)):
    rng = np.random.default_rng(height * width)
    image = rng.integers(0, 256, (height, width, 3), np.uint8)
    metadata = replace(
        METADATA, short_side=side, size_factor=factor, pad_value=pad_value)
    pixels, frame = resize(image, metadata)
    expected = by_the_config(image, side, factor, pad_value)
    np.testing.assert_array_equal(pixels, expected['img'])
    assert pixels.dtype == np.uint8
    assert frame.size == expected['input_size']

    points = rng.uniform(-9, 200, (5, 3, 2)).astype(np.float32)
    sample = PoseDataSample(
        metainfo={
            key: expected[key]
            for key in ('input_size', 'input_center', 'input_scale')
        })
    BottomupPoseEstimator.add_pred_to_datasample(None, [
        InstanceData(
            keypoints=points, keypoint_scores=np.ones(points.shape[:2]))
    ], None, [sample])
    np.testing.assert_array_equal(
        frame.to_image(points), sample.pred_instances.keypoints)


@given(
    st.integers(1, 400), st.integers(1, 400), st.sampled_from([64, 100, 128]),
    st.sampled_from([32, 64]))
def test_any_shape(height, width, side, factor):
    assert_as_by_the_config(height, width, side, factor)


@pytest.mark.parametrize('height, width', [(1, 1), (1, 7), (300, 3000),
                                           (3000, 300), (512, 512),
                                           (427, 640)])
def test_extreme_and_usual_shapes(height, width):
    assert_as_by_the_config(height, width, side=512, pad_value=(114, 7, 250))


def test_a_corner_of_the_picture_lies_where_it_says():
    """The middle of the picture is the middle of the input, and the aspect is
    kept: by hand, of a picture twice as wide as high."""
    pixels, frame = resize(np.zeros((50, 110, 3), np.uint8), METADATA)
    assert pixels.shape == (64, 192, 3)  # 64 * 2.2 = 140.8, rounded up
    np.testing.assert_allclose(frame.to_image(np.array([96, 32])), [55, 25])
    np.testing.assert_allclose(
        frame.to_image(np.array([96 - 140.8 / 2, 0])), [0, 0], atol=1e-4)
