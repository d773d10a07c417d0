"""Settings and pictures that all tests share."""
import functools
import gc
import os
from copy import deepcopy
from pathlib import Path

# before any test imports MMPose: with mmcv-lite, it makes MMPose importable
import mmpose_pinet  # noqa: F401

# isort: split
import cv2
import mmpose
import numpy as np
import pytest
import torch
from filelock import FileLock
from fork_server import ForkServer
from hypothesis import settings
from mmengine.config import Config
from mmengine.config import utils as config_utils
from mmengine.fileio import load
from random_weights import TINY, save_random_weights

from mmpose_pinet.apis.export_model import export_model
from mmpose_pinet.datasets.drawn import draw_image

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'
ZOO = Path(mmpose.__file__).resolve().parent / '.mim/configs'

# the same examples on every run, on machines of any speed
settings.register_profile(
    'repeatable', max_examples=30, deadline=None, derandomize=True)
settings.load_profile('repeatable')

# small models gain nothing from threads, and lose much on a busy machine
torch.set_num_threads(1)


@pytest.fixture(scope='module', autouse=True)
def what_lives_on_is_not_collected():
    """MMEngine collects garbage each time that it builds a dataset, and would
    look through all of PyTorch and OpenMMLab, half a second each time."""
    gc.freeze()


@pytest.fixture(scope='session', autouse=True)
def configs_are_logged_unformatted():
    """MMEngine has yapf format a config for the log of each training, which
    takes longer than the small trainings of tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('mmengine.config.config.FormatCode', lambda text, **_:
                      (text, True))
        yield


@pytest.fixture(scope='session', autouse=True)
def configs_are_read_once():
    """Those of the repository and of MMPose, which no test writes. For each
    with ``mmpose::`` MMEngine reads 150 files of MMPose's zoo as well, and for
    each dataset the body of its keypoints."""
    read, asks = Config._file2dict, Config._is_lazy_import
    read_once, asks_once = functools.cache(read), functools.cache(asks)

    def stays(filename):
        return not {CONFIGS, ZOO}.isdisjoint(Path(filename).resolve().parents)

    def copy(filename, *args, **options):
        if stays(filename):
            return deepcopy(read_once(str(filename), *args, **options))
        return read(filename, *args, **options)

    def ask(filename):
        return (asks_once if stays(filename) else asks)(filename)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config_utils, 'load', functools.cache(load))
        patch.setattr(Config, '_file2dict', staticmethod(copy))
        patch.setattr(Config, '_is_lazy_import', staticmethod(ask))
        yield


@pytest.fixture(scope='session')
def server():
    """Starts scripts, and need not import PyTorch and OpenMMLab each time."""
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory):
    """Weights of the slim HRNet, never trained; it finds something
    everywhere."""
    return save_random_weights(tmp_path_factory.mktemp('weights') / 'tiny.pth')


@pytest.fixture(scope='session')
def exported(tmp_path_factory, checkpoint):
    """The file that ``pinet export`` makes of them. Seconds of work: of the
    processes that share a run of the tests, the first one does it."""
    folder = tmp_path_factory.getbasetemp()
    if 'PYTEST_XDIST_WORKER' in os.environ:
        folder = folder.parent
    file = folder / 'exported/tiny.onnx'
    with FileLock(folder / 'exported.lock'):
        if not file.exists():
            file.parent.mkdir()
            export_model(TINY, checkpoint, file)
    return file


# height and width, in the order of the pictures' names
SHAPES = [(128, 128), (90, 128), (128, 128), (90, 128), (128, 128)]


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
