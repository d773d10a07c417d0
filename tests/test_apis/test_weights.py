"""Weights that must fit their model."""
from functools import partial

import pytest
import torch
from payloads import WAYS
from torch import nn

from mmpose_pinet.apis import PINet
from mmpose_pinet.apis.convert import convert_file
from mmpose_pinet.apis.export_model import export_model
from mmpose_pinet.apis.weights import load_weights


@pytest.fixture
def file(tmp_path):
    return tmp_path / 'weights.pth'


def network():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def test_they_are_loaded(file):
    trained, model = network(), network()
    meta = dict(dataset_meta=dict(dataset_name='mine'))
    torch.save(dict(state_dict=trained.state_dict(), meta=meta), file)
    assert load_weights(model, file) == dict(dataset_name='mine')
    assert torch.equal(model[0].weight, trained[0].weight)
    # a bare state dict will do, and tells nothing of keypoints
    torch.save(trained.state_dict(), file)
    assert load_weights(network(), file) is None


@pytest.mark.parametrize('change, complaint', [
    (lambda state: state.pop('0.bias'), 'the file lacks 0.bias$'),
    (lambda state: state.update(more=state['0.bias']),
     'the model lacks more$'),
    (lambda state: state.update({'0.bias': torch.zeros(4)}),
     'mismatch for 0.bias'),
    (dict.clear, 'lacks 0.weight, 0.bias, 1.weight and 3 more$'),
])
def test_others_are_refused_by_name(file, change, complaint):
    state = dict(network().state_dict())
    change(state)
    torch.save(dict(state_dict=state), file)
    with pytest.raises(ValueError, match='weights.pth does not fit') as error:
        load_weights(network(), file)
    error.match(complaint)


def test_a_missing_file(file):
    with pytest.raises(FileNotFoundError, match='weights.pth'):
        load_weights(network(), file)


@pytest.mark.parametrize('way', WAYS)
def test_no_payload_runs(config, tmp_path, way):
    path, ran, out = (tmp_path / name for name in ('a.pth', 'ran', 'out'))
    way(path, ran)
    tried = 0
    for use in (partial(PINet, config, path,
                        device='cpu'), partial(convert_file, path, out),
                partial(export_model, config, path, out)):
        with pytest.raises(ValueError, match='refused|is a TorchScript|tar '):
            use()
        tried += 1
        assert not ran.exists() and not out.exists()
    print(f'{way.__name__}: {tried} tried, 0 ran')
