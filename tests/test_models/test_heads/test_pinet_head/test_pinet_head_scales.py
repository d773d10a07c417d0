"""Multi-scale tests on features whose content is known anywhere."""
import cv2
import numpy as np
import pytest
from flip_scene import SIZE, Scene, build_head, predict
from mmpose.datasets.transforms import BottomupResize

# (scale, cells): the sides are rounded up, which moves the centre
PYRAMID = [(1., SIZE), (0.5, (24, 16)), (2., (80, 72))]


def pyramid(scene):
    return [(scene.resized(scale, size).features(size), )
            for scale, size in PYRAMID]


@pytest.mark.parametrize('scale', [0.5, 2.])
def test_mmpose_resizes_about_the_centre(scale):
    """The scene's ground: where a blob goes, and to half a px at that."""
    image = np.zeros((100, 150, 3), np.float32)
    image[30, 105] = 1
    image = cv2.GaussianBlur(image, (0, 0), 5)
    results = BottomupResize(
        input_size=(128, 128),
        aug_scales=[scale],
        size_factor=32,
        resize_mode='expand')(
            dict(img=image, ori_shape=(100, 150), img_shape=(100, 150)))
    centroids, centres = [], []
    for img in results['img']:
        y, x = np.mgrid[:img.shape[0], :img.shape[1]]
        weights = img[..., 0] / img[..., 0].sum()
        centroids.append(np.array([(x * weights).sum(), (y * weights).sum()]))
        centres.append(np.array(img.shape[1::-1]) / 2)
    expected = (centroids[0] - centres[0]) * scale + centres[1]
    np.testing.assert_allclose(centroids[1], expected, atol=0.1)


@pytest.mark.parametrize('flip_test', [False, True])
def test_candidates_of_all_scales_are_the_same_poses(flip_test):
    scene = Scene(0, 'part-large')
    feats = pyramid(scene)
    if flip_test:
        # mirrored before it is resized, as the estimator does: the same
        feats = []
        for scale, size in PYRAMID:
            resized = scene.resized(scale, size)
            mirrored = resized.mirrored()
            shift = [4 * (size[0] - SIZE[0]), 0]
            mirrored.poses, mirrored.points = (
                x + shift for x in (mirrored.poses, mirrored.points))
            feats.append([(resized.features(size), ),
                          (mirrored.features(size), )])
    found, = predict(
        build_head('part-large'),
        feats,
        flip_test=flip_test,
        multiscale_test=True,
        aug_scales=[0.5, 2.])
    error = np.abs(found[:, None] - scene.poses).max((2, 3))  # (t, S)
    assert (error.min(1) < 1e-3).all()
    # half cells at scale 0.5 give two equal peaks, so three or more each
    assert (np.bincount(error.argmin(1), minlength=3) >= 3).all()


def test_no_further_scale_is_a_single_scale():
    scene = Scene(0, 'part-large')
    head = build_head('part-large')
    single, = predict(head, (scene.features(), ))
    multi, = predict(
        head, [(scene.features(), )], multiscale_test=True, aug_scales=[])
    np.testing.assert_array_equal(single, multi)
