"""A model, and pictures of two shapes."""
import cv2
import numpy as np
import pytest
from random_weights import TINY, save_random_weights

from mmpose_pinet.apis import PINet
from mmpose_pinet.datasets.drawn import draw_image

# height and width, in the order of the pictures' names
SHAPES = [(128, 128), (90, 128), (128, 128), (90, 128), (128, 128)]


@pytest.fixture(scope='session')
def weights(tmp_path_factory):
    return save_random_weights(tmp_path_factory.mktemp('weights') / 'a.pth')


@pytest.fixture(scope='session')
def config(tmp_path_factory):
    """The config of a slim model that looks at pictures of 128 px."""
    path = tmp_path_factory.mktemp('config') / 'small.py'
    path.write_text(f"""
_base_ = {str(TINY)!r}
small_pipeline = list(_base_.val_pipeline)
small_pipeline[1] = dict(small_pipeline[1], input_size=(128, 128))
test_dataloader = dict(dataset=dict(pipeline=small_pipeline))
""")
    return path


@pytest.fixture(scope='session')
def model(config, weights):
    return PINet(config, weights, device='cpu')


@pytest.fixture(scope='session')
def pictures(tmp_path_factory):
    """The files of five pictures, 0.png to 4.png, in a folder of their own."""
    folder = tmp_path_factory.mktemp('pictures')
    for number, (height, width) in enumerate(SHAPES):
        image, _ = draw_image(np.random.default_rng(number), 128)
        cv2.imwrite(str(folder / f'{number}.png'), image[:height, :width])
    return sorted(folder.iterdir())


@pytest.fixture(scope='session')
def video(pictures, tmp_path_factory):
    """Five frames of 128 x 128 px, each darker than the last."""
    path = tmp_path_factory.mktemp('video') / 'b.avi'
    image = cv2.imread(str(pictures[0]))
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'MJPG'), 5, image.shape[1::-1])
    for number in range(5):
        writer.write((image * (1 - .15 * number)).astype(np.uint8))
    writer.release()
    return path
