"""A training that is resumed has the losses of one that was not stopped."""
import pytest
import torch
from mmengine.hooks import Hook
from tiny_training import build_runner

from mmpose_pinet.engine import EpochSeedHook

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
