"""What MMEngine and the authors write loads; other files are told apart in
a line."""
import io
import pickle
import tarfile
from collections import Counter, OrderedDict

import numpy as np
import pytest
import torch
import torch.nn as nn
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmpose_pinet.compat.checkpoints import load_checkpoint_file


class Toy(BaseModel):
    """A model that a Runner trains in no time."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, x, mode):
        return dict(loss=self.layer(x).sum())


def test_what_a_runner_writes(tmp_path):
    """With its optimizer, schedule, message hub and config."""
    runner = Runner(
        Toy(),
        str(tmp_path),
        train_dataloader=DataLoader([dict(x=torch.ones(1))]),
        train_cfg=dict(by_epoch=True, max_epochs=1),
        optim_wrapper=dict(optimizer=dict(type='Adam', lr=0.1)),
        param_scheduler=dict(type='MultiStepLR', milestones=[1]),
        default_scope='mmpose',
        experiment_name='test_what_a_runner_writes')
    runner.train()
    loaded = load_checkpoint_file(tmp_path / 'epoch_1.pth')
    assert torch.equal(loaded['state_dict']['layer.weight'],
                       runner.model.layer.weight)
    assert loaded['meta']['epoch'] == 1
    loss = loaded['message_hub']['log_scalars']['train/loss'].data[0]
    assert len(loss) == 1
    assert loaded['optimizer']['state'] and loaded['param_schedulers']


def test_each_value_of_a_checkpoint_of_mmengine(save):
    hub = MessageHub('test_load_checkpoint_file')
    hub.update_scalar('train/loss', 0.5)
    hub.update_scalar('train/loss', np.float32(0.25))
    hub.update_info('flags', np.array([True, False]))
    hub.update_info('big', np.array([1, 258], '>i4'))
    model = nn.Linear(2, 3)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    loaded = load_checkpoint_file(
        save(
            dict(
                meta=dict(epoch=1, sigmas=np.array([0.026, 0.079])),
                state_dict=model.state_dict(),
                message_hub=hub.state_dict(),
                optimizer=optimizer.state_dict(),
                param_schedulers=[dict(milestones=Counter([90, 120]))])))

    assert loaded['meta']['sigmas'].tolist() == [0.026, 0.079]
    assert torch.equal(loaded['state_dict']['weight'], model.weight)
    assert loaded['state_dict']._metadata[''] == dict(version=1)
    scalars = loaded['message_hub']['log_scalars']['train/loss']
    assert type(scalars) is HistoryBuffer and scalars.mean() == 0.375
    info = loaded['message_hub']['runtime_info']
    assert info['flags'].tolist() == [True, False]
    assert info['big'].tolist() == [1, 258]
    assert loaded['param_schedulers'][0]['milestones'] == {90: 1, 120: 1}
    optimizer.load_state_dict(loaded['optimizer'])


def test_a_checkpoint_of_the_release(save):
    """What the authors' training writes."""
    state = OrderedDict({'ppg.heatmap_head.bias': torch.arange(3.)})
    loaded = load_checkpoint_file(
        str(save(dict(epoch=140, model='PINet', state_dict=state, perf=139))))
    assert loaded['perf'] == 139
    assert torch.equal(loaded['state_dict']['ppg.heatmap_head.bias'],
                       torch.arange(3.))


def test_tensors_of_every_kind(save):
    base = torch.arange(6, dtype=torch.float16).view(2, 3)
    content = dict(
        view=base.t(),
        half=base.to(torch.bfloat16),
        flag=torch.tensor(True),
        parameter=nn.Parameter(torch.ones(2)),
        empty=torch.zeros(0, 4),
        size=base.shape,
        dtype=torch.float16)
    loaded = load_checkpoint_file(save(content))
    for name in ('view', 'half', 'flag', 'parameter', 'empty'):
        assert torch.equal(loaded[name], content[name])
        assert loaded[name].dtype == content[name].dtype
    assert loaded['size'] == base.shape and loaded['dtype'] is torch.float16


def test_a_torchscript_archive_never_reaches_torch(tmp_path, monkeypatch):
    path = tmp_path / 'program.pth'
    torch.jit.save(torch.jit.script(nn.Linear(1, 1)), str(path))

    def fail(*_, **__):
        raise AssertionError('it was loaded')

    monkeypatch.setattr(torch, 'load', fail)
    monkeypatch.setattr(torch.jit, 'load', fail)
    with pytest.raises(ValueError, match=f'{path} is a TorchScript archive'):
        load_checkpoint_file(path)


def test_the_check_of_torch_cannot_be_asked_for(save, monkeypatch):
    monkeypatch.setenv('TORCH_FORCE_WEIGHTS_ONLY_LOAD', '1')
    with pytest.raises(ValueError, match='WEIGHTS_ONLY_LOAD is set: .* Unset'):
        load_checkpoint_file(save(dict(a=torch.ones(1))))


def test_a_tar_archive_never_reaches_torch(tmp_path, monkeypatch):
    """The format of before PyTorch 0.2 has no check at all."""
    path = tmp_path / 'checkpoint.pth.tar'
    with tarfile.open(path, 'w') as tar:
        tar.addfile(tarfile.TarInfo('storages'), io.BytesIO())
    monkeypatch.setattr(torch, 'load', None)
    with pytest.raises(ValueError, match='tar archive: unpack it'):
        load_checkpoint_file(path)


FILES = {
    'empty': (b'', 'is empty: download or copy it again'),
    'page': (b'\n<!DOCTYPE html><html>', 'is a web page'),
    'text': (b'version https://git-lfs', 'no PyTorch checkpoint: it begins'),
    'jpeg': (b'\xff\xd8\xff\xe0', 'no PyTorch checkpoint: it begins'),
    'zip': (b'PK\x03\x04 cut off', 'cut off, damaged or'),
    'pickle': (pickle.dumps(dict(a=1), 2), 'cut off, damaged or'),
}


@pytest.mark.parametrize('content, error', FILES.values(), ids=FILES)
def test_a_file_that_is_no_checkpoint(tmp_path, content, error):
    path = tmp_path / 'checkpoint.pth'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=error) as raised:
        load_checkpoint_file(path)
    assert str(path) in str(raised.value) and '\n' not in str(raised.value)


def test_an_exported_file(tmp_path):
    """The error says what it is for."""
    path = tmp_path / 'crowd.onnx'
    path.write_bytes(b'\x08\x08\x12\x07pytorch')
    with pytest.raises(ValueError, match='crowd.onnx is an exported file'):
        load_checkpoint_file(path)


def test_a_file_that_is_cut_off(save):
    path = save(dict(state_dict=dict(a=torch.ones(1000))))
    whole = path.read_bytes()
    for length in (len(whole) // 10, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match='cut off, damaged or') as raised:
            load_checkpoint_file(path)
        assert '\n' not in str(raised.value)


def test_a_file_of_something_else(save):
    with pytest.raises(ValueError, match='holds list, not the weights'):
        load_checkpoint_file(save([torch.ones(1)]))


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='none.pth is not there'):
        load_checkpoint_file(tmp_path / 'none.pth')
    with pytest.raises(IsADirectoryError, match='is a folder: name the'):
        load_checkpoint_file(tmp_path)
    with pytest.raises(ValueError, match='is an address: download it'):
        load_checkpoint_file('https://example.org/a.pth')
