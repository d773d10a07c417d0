"""A training that is resumed has the losses of one that was not stopped."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from tiny_training import build_runner

from mmpose_pinet.datasets.drawn import draw_crowd
from mmpose_pinet.engine import EpochSeedHook

ROOT = Path(__file__).parents[2]
EPOCHS = 4


class Losses(Hook):

    def __init__(self):
        self.values = []

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        self.values.append(outputs['loss'].item())


def losses_of(folder, name, **options):
    """The losses of a training's steps, two an epoch."""
    runner = build_runner(folder, EPOCHS, experiment_name=name, **options)
    losses = Losses()
    runner.register_hook(losses)
    runner.train()
    return losses.values


@pytest.mark.parametrize('seed', [None, 3])
@pytest.mark.parametrize('num_workers', [0, 2])
def test_losses_after_a_resume_are_equal_to_the_bit(tmp_path, num_workers,
                                                    seed):
    options = {
        'train_dataloader.num_workers': num_workers,
        'randomness': dict(seed=seed),
        'default_hooks.checkpoint.max_keep_ckpts': -1,
    }
    name = f'seed_{num_workers}_{seed}'
    whole = losses_of(tmp_path / 'whole', name, **options)
    rest = losses_of(
        tmp_path / 'resumed',
        name + '_resumed',
        resume=True,
        load_from=str(tmp_path / 'whole/epoch_2.pth'),
        **options)
    assert len(whole) == 2 * EPOCHS
    assert rest == whole[4:]


def noise_of(folder, **options):
    """The random numbers that samples have, a list an epoch."""
    runner = build_runner(folder, EPOCHS, **options)
    noise = []

    class Noise(Hook):

        def before_train_epoch(self, runner):
            noise.append([])

        def before_train_iter(self, runner, batch_idx, data_batch):
            noise[-1].extend(data_batch[1].tolist())

    runner.register_hook(Noise(), 'LOWEST')
    runner.train()
    return noise


def test_workers_draw_other_numbers_each_epoch(tmp_path):
    noise = noise_of(
        tmp_path,
        experiment_name='noise',
        **{'train_dataloader.num_workers': 2})
    assert len({number for epoch in noise for number in epoch}) == 4 * EPOCHS


def test_a_worker_function_of_the_user_stays(tmp_path):
    runner = build_runner(tmp_path, 1, experiment_name='own_worker_function')
    loader = runner.train_dataloader
    loader.worker_init_fn = torch.manual_seed
    EpochSeedHook().before_train(runner)
    assert loader.worker_init_fn is torch.manual_seed


@pytest.mark.slow
@pytest.mark.parametrize('num_workers', [0, 2])
def test_a_pinet_that_learns_flipped_and_shuffled_pictures(
        tmp_path, num_workers):
    draw_crowd(tmp_path, 8, num_workers=1)
    losses, weights = [], []
    for name, start in (('whole', None), ('resumed', 'whole/epoch_1.pth')):
        cfg = Config.fromfile(ROOT /
                              'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py')
        cfg.merge_from_dict({
            'work_dir': str(tmp_path / name),
            'experiment_name': f'pinet_{name}_{num_workers}',
            'train_cfg.max_epochs': 2,
            'val_cfg': None,
            'val_dataloader': None,
            'val_evaluator': None,
            'default_hooks.checkpoint.max_keep_ckpts': -1,
            'randomness': dict(seed=0),
            'train_dataloader.num_workers': num_workers,
            'train_dataloader.persistent_workers': False,
            'train_dataloader.dataset.data_root': str(tmp_path),
            'resume': start is not None,
            'load_from': start and str(tmp_path / start)
        })
        runner = Runner.from_cfg(cfg)
        hook = Losses()
        runner.register_hook(hook)
        runner.train()
        losses.append(hook.values)
        weights.append(runner.model.state_dict())
    assert len(losses[0]) == 4 and len(losses[1]) == 2
    assert losses[0][2:] == losses[1]
    for name, weight in weights[0].items():
        assert torch.equal(weight, weights[1][name]), name
