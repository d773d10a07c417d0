"""Every config trains and tests one step, and its run would start."""
import numpy as np
import pytest
import torch
from config_files import (BACKBONES, OCHUMAN, OWN_KEYPOINTS, PAPER, PATHS,
                          PLUS, THREE_SETS, TINY, build_metric, keypoint_facts,
                          name_data, shrink)
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.optim import build_optim_wrapper
from mmengine.runner import Runner
from mmpose.registry import MODELS


def slim(cfg):
    """The config at a size that a CPU takes in its stride."""
    tiny = Config.fromfile(PATHS[TINY])
    cfg.model.backbone = tiny.model.backbone
    cfg.model.pop('neck', None)
    cfg.model.head.in_channels = tiny.model.head.in_channels
    return shrink(cfg, 128)


# other backbones, and several sets, have tests of their own
@pytest.mark.parametrize(
    'cfg',
    [name for name in [*PATHS, *PLUS] if name not in (*BACKBONES, THREE_SETS)],
    indirect=True)
def test_one_training_and_one_test_step(cfg, drawn_truth, tmp_path):
    drawn_truth(keypoint_facts(cfg)['num_keypoints'])
    cfg = slim(cfg)
    train_data, test_data = (
        name_data(cfg, loader, tmp_path)
        for loader in ('train_dataloader', 'test_dataloader'))
    model = MODELS.build(cfg.model)
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    before = model.backbone.conv1.weight.clone()
    losses = model.train_step(
        pseudo_collate([train_data[0]] * 2), optim_wrapper)
    assert 0 < losses['loss'] < np.inf
    assert not torch.equal(model.backbone.conv1.weight, before)

    if 'outfile_prefix' in cfg.test_evaluator:
        cfg.test_evaluator.outfile_prefix = str(tmp_path / 'results')
    metric = build_metric(cfg, test_data)
    with torch.no_grad():
        for packed in test_data:
            batch = pseudo_collate([packed])
            metric.process(
                batch, [s.to_dict() for s in model.eval().test_step(batch)])
    scores = metric.evaluate(size=2)
    assert metric.format_only or 0 <= scores[f'{metric.prefix}/AP'] <= 1


# what differs in the heads, codecs and evaluators that the check looks at
@pytest.mark.parametrize(
    'cfg', [TINY, OWN_KEYPOINTS, *PAPER, f'{OCHUMAN}_ppg_part-small'],
    indirect=True)
def test_a_run_of_it_passes_the_check(cfg, drawn_truth, tmp_path):
    drawn_truth(keypoint_facts(cfg)['num_keypoints'])
    cfg = slim(cfg)
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        name_data(cfg, loader, tmp_path)
    cfg.work_dir = str(tmp_path)
    cfg.log_level = 'ERROR'
    runner = Runner.from_cfg(cfg)
    for loop in (runner.train_loop, runner.val_loop, runner.test_loop):
        assert loop.dataloader  # built, so that the check looks at it
    check, = (
        hook for hook in runner.hooks if type(hook).__name__ == 'RunCheckHook')
    check.before_run(runner)
