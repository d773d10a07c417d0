"""Configs that take a part of the zoo build, train and test as the zoo's."""
import mmpose.registry
import pytest
import torch
from mmengine.config import Config
from mmengine.hub import get_model
from mmengine.registry import DefaultScope, Registry
from mmengine.runner import Runner

from mmpose_pinet.datasets.drawn import draw_crowd

TINY = 'mmpose_pinet::pinet/pinet_hrnet-tiny_drawn-crowd.py'

DERIVED = f'''
_base_ = '{TINY}'

train_cfg = dict(max_epochs=1, val_interval=1)
train_dataloader = dict(
    batch_size=2, num_workers=0, persistent_workers=False,
    dataset=dict(data_root='crowd'))
val_dataloader = dict(dataset=dict(data_root='crowd'))
test_dataloader = val_dataloader
# a variable of the base, in a dict of this file
train_pipeline = _base_.train_pipeline
log_level = 'ERROR'
'''


@pytest.fixture(autouse=True)
def scope():
    """What a runner sets is put back."""
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


def test_every_registry_of_mmpose_has_an_empty_child():
    registries = [
        registry for registry in vars(mmpose.registry).values()
        if isinstance(registry, Registry) and registry.scope == 'mmpose'
    ]
    assert len(registries) > 15
    for registry in registries:
        assert not registry.children['mmpose_pinet'].module_dict


@pytest.mark.parametrize('registry, name', [
    ('MODELS', 'PINetHead'),
    ('MODELS', 'HRNet'),
    ('KEYPOINT_CODECS', 'PartSPR'),
    ('TASK_UTILS', 'PoseFusion'),
    ('VISUALIZERS', 'PoseLocalVisualizer'),
    ('HOOKS', 'CheckpointHook'),
])
def test_the_child_finds_what_is_ours_mmposes_and_mmengines(registry, name):
    registry = getattr(mmpose.registry, registry)
    child = registry.children['mmpose_pinet']
    assert child.get(name) is registry.get(name) is not None


def test_a_derived_config_trains_and_is_evaluated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for split in ('train', 'val'):
        draw_crowd('crowd', 2, split=split, num_workers=1)
    (tmp_path / 'derived.py').write_text(DERIVED)
    cfg = Config.fromfile('derived.py')
    cfg.work_dir = 'work'
    # all of it comes from the zoo's scope, or it would show nothing
    for part in (cfg.model, cfg.train_pipeline[0], cfg.val_evaluator,
                 cfg.default_hooks.run_check, cfg.optim_wrapper.optimizer):
        assert part._scope_ == 'mmpose_pinet'
    runner = Runner.from_cfg(cfg)
    before = runner.model.head.point_layer.weight.clone()
    runner.train()
    assert not torch.equal(before, runner.model.head.point_layer.weight)
    assert {'PersonVisualizationHook', 'RunCheckHook', 'ChannelsLastHook'
            } <= {type(hook).__name__
                  for hook in runner.hooks}
    scores = runner.message_hub.get_scalar('val/coco/AP')
    assert 0 <= scores.current() <= 1


def test_mmengine_gives_a_model_by_name():
    model = get_model(TINY)
    assert type(model.head).__name__ == 'PINetHead'
    assert type(model.backbone).__name__ == 'HRNet'
