"""A training that cannot fetch its weights says so, and what to do."""
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn as nn
from mmengine.config import Config
from mmengine.model import BaseModule
from mmengine.registry import DefaultScope
from mmengine.runner.loops import BaseLoop
from mmpose.registry import HOOKS

CONFIGS = Path(__file__).resolve().parents[2] / 'configs/pinet'
NOWHERE = 'http://127.0.0.1:9/start.pth'  # nobody listens


class Net(BaseModule):
    """A backbone, as far as its ``init_cfg``."""

    def __init__(self, init_cfg):
        super().__init__()
        self.backbone = BaseModule(init_cfg)
        self.head = BaseModule(dict(type='Normal', std=0.1))
        self.plain = nn.Linear(1, 1)


class Loop(BaseLoop):

    def __init__(self):
        """Has nothing to run."""

    def run(self):
        pass


def before_run(init_cfg, train_loop):
    with DefaultScope.overwrite_default_scope('mmpose'):
        cfg = Config.fromfile(CONFIGS / 'pinet_hrnet-w32_coco.py')
        hook = HOOKS.build(cfg.default_hooks.start_weights)
    hook.before_run(
        SimpleNamespace(_train_loop=train_loop, model=Net(init_cfg), cfg=cfg))


@pytest.mark.parametrize('init_cfg', [
    dict(type='Pretrained', checkpoint=NOWHERE),
    [
        dict(type='Constant', val=0),
        dict(type='Pretrained', checkpoint=NOWHERE)
    ],
])
def test_a_training_offline_names_key_address_and_ways_out(init_cfg):
    with pytest.raises(ValueError) as error:
        before_run(init_cfg, Loop())
    text = str(error.value)
    assert 'pinet_hrnet-w32_coco.py: ' in text
    assert f"model.backbone.init_cfg.checkpoint='{NOWHERE}'" in text
    assert 'Connection refused' in text
    for way in ('model.backbone.init_cfg.checkpoint=FILE',
                'model.backbone.init_cfg=None'):
        assert f'--cfg-options {way}' in text


def test_weights_that_were_fetched_need_no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, '_hub_dir', str(tmp_path))
    (tmp_path / 'checkpoints').mkdir()
    torch.save({}, tmp_path / 'checkpoints/start.pth')
    before_run(dict(type='Pretrained', checkpoint=NOWHERE), Loop())


def test_a_test_and_other_starts_fetch_nothing(tmp_path):
    before_run(dict(type='Pretrained', checkpoint=NOWHERE), dict(type='Loop'))
    before_run(dict(type='Pretrained', checkpoint='my.pth'), Loop())
    before_run(None, Loop())
