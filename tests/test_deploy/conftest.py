"""A model that was never trained, as a checkpoint and as a file."""
import pytest
from random_weights import TINY, save_random_weights

from mmpose_pinet.apis.export_model import export_model


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory):
    """Weights of the slim HRNet; it finds something everywhere."""
    return save_random_weights(tmp_path_factory.mktemp('weights') / 'tiny.pth')


@pytest.fixture(scope='session')
def exported(tmp_path_factory, checkpoint):
    """The file that ``pinet export`` makes of them."""
    file = tmp_path_factory.mktemp('exported') / 'tiny.onnx'
    export_model(TINY, checkpoint, file)
    return file
