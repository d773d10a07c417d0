"""How far training moves pictures, against what the paper's release does."""
import numpy as np
import pytest
from config_files import PAPER, PATHS, pipeline_step
from mmengine.config import Config
from mmpose.registry import TRANSFORMS

# The release shifts the crop by up to a fifth of it along both axes, turns it
# by up to 30 degrees, and scales it 0.75 to 1.5 times.
SHIFT = 0.2
ANGLE = np.pi / 6
SCALES = 0.75, 1.5


def closed_form(height, width):
    """Root mean squares in x and y, in input px, of the centre's shift.

    A shift u, uniform in +-SHIFT of the image along each axis, becomes
    z * R(angle) @ u: the transform turns it and scales it with the image by
    z = 512 / (scale * short side).
    """
    x2, y2 = (SHIFT * np.array([width, height]))**2 / 3
    cos2 = 0.5 + np.sin(2 * ANGLE) / (4 * ANGLE)  # mean of cos^2
    zoom2 = (512 / min(height, width))**2 / (SCALES[0] * SCALES[1])
    return np.sqrt(zoom2 * np.array([
        cos2 * x2 + (1 - cos2) * y2,
        cos2 * y2 + (1 - cos2) * x2,
    ]))


@pytest.mark.parametrize('name', PAPER)
@pytest.mark.parametrize('shape', [(480, 640), (600, 600)])
def test_pictures_are_shifted_by_a_fifth(name, shape):
    height, width = shape
    transform = TRANSFORMS.build(
        pipeline_step(
            Config.fromfile(PATHS[name]).train_pipeline,
            'BottomupRandomAffine'))
    transform._transform = lambda image, matrix, size: image  # warps nothing
    np.random.seed(0)
    centres = np.array([
        transform(dict(img=None, img_shape=shape))['warp_mat']
        @ [width / 2, height / 2, 1] for _ in range(4000)
    ])
    shifts = centres - 256
    np.testing.assert_allclose(shifts.mean(0), 0, atol=3)
    np.testing.assert_allclose(
        np.sqrt((shifts**2).mean(0)), closed_form(height, width), rtol=0.03)
