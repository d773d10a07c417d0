"""MMEngine loads checkpoints, from wherever, and runs nothing they hold."""
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
import torch.nn as nn
from mmengine.model import BaseModel, BaseModule
from mmengine.runner import CheckpointLoader, Runner
from mmengine.runner import checkpoint as mmengine_checkpoint
from mmpose.apis import MMPoseInferencer, init_model
from payloads import WAYS, checkpoint, in_the_meta
from random_weights import TINY
from torch.utils.data import DataLoader

from mmpose_pinet.compat.loaders import load_from_local, register_loaders


@pytest.fixture
def address(tmp_path, monkeypatch):
    """Serves the test's folder, whose downloads go to a folder in it."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'home'))

    class Handler(SimpleHTTPRequestHandler):

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(('127.0.0.1', 0),
                             partial(Handler, directory=str(tmp_path))) as it:
        Thread(target=it.serve_forever, args=(0.01, ), daemon=True).start()
        yield f'http://127.0.0.1:{it.server_port}'
        it.shutdown()


@pytest.fixture
def ran(tmp_path):
    return tmp_path / 'ran'


def load(where):
    return CheckpointLoader.load_checkpoint(str(where), logger='silent')


# From the disk and from the network


@pytest.mark.parametrize('way', WAYS)
def test_no_payload_runs(tmp_path, ran, address, way):
    way(tmp_path / 'a.pth', ran)
    assert not ran.exists()
    tried = runs = 0
    for where in (tmp_path / 'a.pth', f'{address}/a.pth'):
        with pytest.raises(ValueError, match='refused|is a TorchScript|tar '):
            load(where)
        tried, runs = tried + 1, runs + ran.exists()
    print(f'{way.__name__}: {tried} tried, {runs} ran')
    assert not runs


def test_the_payloads_are_real(tmp_path):
    """PyTorch without its check runs all of them."""
    for way in WAYS:
        path, ran = tmp_path / f'{way.__name__}.pth', tmp_path / way.__name__
        way(path, ran)
        try:
            torch.load(path, weights_only=False)
        except (EOFError, RuntimeError):
            pass  # the tar is no whole one; its payload has run by then
        assert ran.exists() or way.__name__ == 'in_a_legacy_tar', way


def test_a_good_one_loads(tmp_path, address):
    torch.save(checkpoint(meta=dict(epoch=np.int64(3))), tmp_path / 'a.pth')
    for where in (tmp_path / 'a.pth', f'{address}/a.pth'):
        loaded = load(where)
        assert loaded['meta']['epoch'] == 3
        assert torch.equal(loaded['state_dict']['weight'], torch.ones(2))


def test_what_was_downloaded_is_not_fetched_again(tmp_path, address, capfd):
    torch.save(checkpoint(), tmp_path / 'a.pth')
    load(f'{address}/a.pth')
    assert f'Downloading: "{address}/a.pth" to' in capfd.readouterr().err
    (tmp_path / 'a.pth').unlink()
    load(f'{address}/a.pth')
    assert 'Downloading' not in capfd.readouterr().err


@pytest.mark.parametrize('path', ['..', 'a/..', '', '?a.pth'])
def test_an_address_without_a_file(tmp_path, address, path):
    with pytest.raises(ValueError, match='names no file'):
        load(f'{address}/{path}')
    assert not list(tmp_path.iterdir())


def test_an_address_writes_nowhere_else(tmp_path, address):
    torch.save(checkpoint(), tmp_path / 'a.pth')
    load(f'{address}/..%2f..%2fa.pth?b=../c')
    files = [path for path in tmp_path.rglob('*') if path.is_file()]
    home = tmp_path / 'home/hub/checkpoints'
    assert {*files} == {tmp_path / 'a.pth', home / '..%2f..%2fa.pth'}


def test_the_home_folder_has_a_short_name(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    torch.save(checkpoint(), tmp_path / 'a.pth')
    assert load('~/a.pth')['meta']['epoch'] == 1


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match='none.pth is not there'):
        load(tmp_path / 'none.pth')


# Other schemes


def test_names_of_models(tmp_path, ran, address, monkeypatch):
    """Each name stands for an address, in a list of MMEngine's."""
    weights = {'backbone.a': torch.ones(1), 'head.b': torch.ones(1)}
    torch.save(checkpoint(state_dict=weights), tmp_path / 'good.pth')
    in_the_meta(tmp_path / 'bad.pth', ran)
    models = {name: f'{address}/{name}.pth' for name in ('good', 'bad')}
    for name in ('torchvision', 'external', 'mmcls'):
        monkeypatch.setattr(mmengine_checkpoint, f'get_{name}_models',
                            lambda: dict(models))
    monkeypatch.setattr(mmengine_checkpoint, 'get_deprecated_model_names',
                        lambda: dict(old='good'))
    for scheme in ('torchvision', 'modelzoo', 'open-mmlab', 'openmmlab'):
        assert load(f'{scheme}://good')['state_dict'].keys() == weights.keys()
    assert load('openmmlab://old')['meta']['epoch'] == 1
    assert [*load('mmcls://good')['state_dict']] == ['a']
    for scheme in ('torchvision', 'openmmlab', 'mmcls'):
        with pytest.raises(ValueError, match='bad.pth is refused'):
            load(f'{scheme}://bad')
        with pytest.raises(ValueError, match=f'{scheme}://x names no model'):
            load(f'{scheme}://x')
    assert not ran.exists()


def test_a_file_of_mmengines_folder(tmp_path, monkeypatch):
    monkeypatch.setenv('MMENGINE_HOME', str(tmp_path))
    (tmp_path / 'open_mmlab.json').write_text('{"own": "a.pth"}')
    torch.save(checkpoint(), tmp_path / 'a.pth')
    assert load('openmmlab://own')['meta']['epoch'] == 1


def test_every_scheme_of_mmengine_is_ours():
    for prefix, loader in CheckpointLoader._schemes.items():
        assert loader.__module__ == 'mmpose_pinet.compat.loaders', prefix
    with pytest.raises(ValueError, match='pavi://a cannot be loaded'):
        load('pavi://a')


# Those who load


class Toy(BaseModel):

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)
        for value in self.parameters():
            nn.init.ones_(value)  # alike in each run

    def forward(self, x, mode):
        return dict(loss=self.layer(x).sum())


def train(folder, epochs, **kwargs):
    runner = Runner(
        Toy(),
        str(folder),
        train_dataloader=DataLoader([dict(x=torch.ones(1))]),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=dict(optimizer=dict(type='Adam', lr=0.1)),
        param_scheduler=[
            dict(type='LinearLR', end=2),
            dict(type='MultiStepLR', milestones=[2, 3], end=9),
            dict(type='ReduceOnPlateauLR', monitor='loss', end=9)
        ],
        default_hooks=dict(logger=dict(type='LoggerHook', interval=1)),
        default_scope='mmpose',
        experiment_name=f'test_loaders_{folder.name}',
        **kwargs)
    runner.train()
    return runner


def test_a_training_resumes(tmp_path):
    """With its optimizer, schedules and log, as one that was not stopped."""
    whole = train(tmp_path / 'whole', 4)
    train(tmp_path / 'parts', 2)
    resumed = train(tmp_path / 'parts', 4, resume=True)
    assert resumed.epoch == 4
    assert torch.equal(resumed.model.layer.weight, whole.model.layer.weight)
    state = resumed.optim_wrapper.optimizer.state_dict()['state'][0]
    assert state['step'] == 4
    log = resumed.message_hub.log_scalars
    for name in ('train/loss', 'train/lr'):
        expected = whole.message_hub.get_scalar(name).data[0]
        assert len(expected) == 4
        np.testing.assert_array_equal(log[name].data[0], expected)


@pytest.mark.parametrize('way', ['resume', 'load_from'])
def test_a_training_runs_no_payload(tmp_path, ran, way):
    in_the_meta(tmp_path / 'a.pth', ran)
    with pytest.raises(ValueError, match='a.pth is refused'):
        train(
            tmp_path / 'run',
            1,
            load_from=str(tmp_path / 'a.pth'),
            resume=way == 'resume')
    assert not ran.exists()


def test_a_training_runs_no_config_of_a_checkpoint(tmp_path, ran):
    """MMEngine runs such a text as Python when a training resumes."""
    train(tmp_path / 'run', 1)
    path = tmp_path / 'run/epoch_1.pth'
    content = torch.load(path, weights_only=False)
    content['meta']['config'] = f'open({str(ran)!r}, "w")'
    torch.save(content, path)
    assert train(tmp_path / 'run', 2, resume=True).epoch == 2
    assert not ran.exists()


def test_texts_of_configs_are_left_out(tmp_path):
    """An inferencer that is given weights alone would run these."""
    torch.save(
        checkpoint(
            meta=dict(epoch=1, config='a', cfg='a'),
            message_hub=dict(runtime_info=dict(cfg='a', seed=1))),
        tmp_path / 'a.pth')
    loaded = load(tmp_path / 'a.pth')
    assert loaded['meta'] == dict(epoch=1)
    assert loaded['message_hub'] == dict(runtime_info=dict(seed=1))


def test_models_run_no_payload(tmp_path, ran):
    bad = str(tmp_path / 'a.pth')
    in_the_meta(Path(bad), ran)
    module = BaseModule(dict(type='Pretrained', checkpoint=bad))
    for load_model in (partial(init_model, str(TINY), bad, device='cpu'),
                       partial(MMPoseInferencer, str(TINY), bad,
                               device='cpu'), module.init_weights):
        with pytest.raises(ValueError, match='a.pth is refused'):
            load_model()
    assert not ran.exists()


# Switched off


def test_mmengines_own_loaders_stay_where_they_are_asked_for(monkeypatch):
    stock = {'': mmengine_checkpoint.load_from_local}
    monkeypatch.setattr(CheckpointLoader, '_schemes', dict(stock))
    register_loaders(dict(PINET_TRUST_CHECKPOINTS='1'))
    assert CheckpointLoader._schemes == stock
    for value in ('0', ''):
        register_loaders(dict(PINET_TRUST_CHECKPOINTS=value))
        assert CheckpointLoader._schemes[''] is load_from_local
