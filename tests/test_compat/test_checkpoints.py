"""MMEngine's checkpoints load by PyTorch's own check, where it has one, and
nothing else is let through."""
from pickle import UnpicklingError

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.utils import digit_version

CHECKS_WEIGHTS = digit_version(torch.__version__) >= digit_version('2.6')


def checkpoint_of_mmengine() -> dict:
    """What a Runner stores, with every kind of value its hub may hold."""
    hub = MessageHub('test_compat')
    hub.update_scalar('train/loss', 0.5)
    hub.update_scalar('train/loss', np.float32(0.25))
    hub.update_info('best_score', np.float64(0.75))
    hub.update_info('flags', np.array([True, False]))
    hub.update_info('sigmas', np.array([0.026, 0.079], np.float32))
    hub.update_info('colors', np.array([[255, 128, 0]], np.uint8))
    return dict(
        meta=dict(epoch=1, dataset_meta=dict(num_keypoints=np.int64(17))),
        state_dict=dict(weight=torch.ones(2)),
        message_hub=hub.state_dict())


def test_a_checkpoint_of_mmengine_loads(tmp_path):
    path = tmp_path / 'epoch_1.pth'
    torch.save(checkpoint_of_mmengine(), path)
    loaded = torch.load(path)

    scalars = loaded['message_hub']['log_scalars']['train/loss']
    assert scalars.data[0].tolist() == [0.5, 0.25]
    assert scalars.mean() == 0.375
    info = loaded['message_hub']['runtime_info']
    assert info['best_score'] == 0.75
    assert info['flags'].tolist() == [True, False]
    assert info['sigmas'].dtype == np.float32
    assert info['colors'].tolist() == [[255, 128, 0]]
    assert loaded['meta']['dataset_meta']['num_keypoints'] == 17


class Reduced:
    """Pickles as a call: `function(*arguments)` when it is loaded."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.skipif(
    not CHECKS_WEIGHTS, reason='torch < 2.6 loads everything by default')
@pytest.mark.parametrize(
    'content', [
        Reduced(eval, '1'),
        Reduced(getattr, HistoryBuffer, '__init__'),
        Reduced(getattr, np.ndarray, 'min'),
        np.array([print]),
    ],
    ids=['function', 'attribute', 'foreign attribute', 'object array'])
def test_a_checkpoint_with_anything_else_is_refused(tmp_path, content):
    path = tmp_path / 'epoch_1.pth'
    torch.save(dict(content=content), path)
    with pytest.raises(UnpicklingError):
        torch.load(path)
