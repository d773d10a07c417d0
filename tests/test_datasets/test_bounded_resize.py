"""A test's input: MMPose's own up to 8:1, and no longer beyond."""
import numpy as np
import pytest
from mmpose.datasets.transforms import BottomupResize

from mmpose_pinet.datasets import BottomupBoundedResize, PackPyramidInputs

SETTING = dict(input_size=(64, 64), size_factor=32)


def resized(kind, width, height, **kwargs):
    image = np.random.default_rng(width).integers(0, 256, (height, width, 3),
                                                  np.uint8)
    return kind(**{
        **SETTING,
        **kwargs
    }).transform(dict(img=image, ori_shape=image.shape[:2]))


@pytest.mark.parametrize('width, height', [(80, 10), (10, 80), (64, 48),
                                           (1, 1), (639, 427)])
@pytest.mark.parametrize('mode', ['expand', 'fit'])
def test_up_to_a_ratio_it_is_mmpose_s(width, height, mode):
    ours, theirs = (
        resized(kind, width, height, resize_mode=mode)
        for kind in (BottomupBoundedResize, BottomupResize))
    np.testing.assert_equal(ours, theirs)


@pytest.mark.parametrize('width, height', [(81, 10), (300, 1), (3000, 10)])
def test_beyond_it_the_long_side_is_bounded(width, height):
    for size, side in (((width, height), 0), ((height, width), 1)):
        found = resized(BottomupBoundedResize, *size, resize_mode='expand')
        assert found['input_size'][side] == 8 * 64
        assert found['input_size'][1 - side] == max(
            32,
            np.ceil(8 * 64 * height / width / 32) * 32)
        # one scale for both sides: what the picture's px become
        scale = found['input_size'] / found['input_scale']
        np.testing.assert_allclose(scale, 8 * 64 / width, rtol=1e-5)


def test_a_pyramid_of_a_long_picture_is_packed():
    found = resized(
        BottomupBoundedResize,
        900,
        10,
        resize_mode='expand',
        aug_scales=[0.5, 2],
        size_factor=32)
    packed = PackPyramidInputs(meta_keys=('input_size', ))(
        dict(found, img_path='a.jpg', keypoints=np.zeros((0, 17, 2))))
    assert [tuple(image.shape[1:])
            for image in packed['inputs']] == [(32, 512), (32, 256),
                                               (32, 1024)]
