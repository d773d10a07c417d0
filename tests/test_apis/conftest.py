"""A model that looks at the pictures of all tests."""
import pytest
from random_weights import TINY, save_random_weights

from mmpose_pinet.apis import PINet


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
