"""A training of a second, that tests may run and kill."""
import multiprocessing
import os
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, MODELS
from mmengine.runner import Runner

import mmpose_pinet  # noqa: F401
from mmpose_pinet.system.parent import end_with_parent

CONFIG = Path(__file__).parents[1] / 'configs/_base_/default_runtime.py'
# default hooks without ours
MMENGINE = dict(
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=1))
# not forks of this process, which die in the threads that compute in it
PROCESSES = multiprocessing.get_context('forkserver')


@DATASETS.register_module(force=True)
class Numbers:
    """Four numbers, each with a random one."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return float(index), float(torch.rand(()))


@MODELS.register_module(force=True)
class Weights(BaseModel):
    """A model of ``size`` weights, that all learn the same number."""

    def __init__(self, size):
        super().__init__()
        self.weights = torch.nn.Parameter(torch.zeros(size))

    def forward(self, numbers, noise, mode):
        wanted = numbers.mean() + noise.mean() + torch.rand(())
        return dict(loss=(self.weights - wanted).square().mean())


class QuickConfig(Config):
    """A config without its text, that takes longer than the training."""
    pretty_text = ''


def build_runner(folder, epochs, resume=False, hooks=None, size=10, **options):
    """A runner of PINet's default hooks.

    Args:
        folder (Path): Its ``work_dir``.
        epochs (int): Of two steps.
        resume (bool): As by ``--resume``.
        hooks (dict, optional): Instead of ours.
        size (int): Weights of the model.
        options: Of the config.
    """
    cfg = QuickConfig(Config.fromfile(CONFIG).to_dict())
    cfg.merge_from_dict(
        dict(
            work_dir=str(folder),
            model=dict(type='Weights', size=size),
            train_cfg=dict(max_epochs=epochs),
            val_cfg=None,
            test_cfg=None,
            train_dataloader=dict(
                batch_size=2,
                num_workers=0,
                dataset=dict(type='Numbers'),
                collate_fn=dict(type='default_collate'),
                sampler=dict(type='DefaultSampler', shuffle=True)),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1, momentum=.9)),
            param_scheduler=None,
            log_level='ERROR',
            resume=resume))
    ours = {
        name: cfg.default_hooks[name]
        for name in ('checkpoint', 'epoch_seed', 'work_dir_lock')
    }
    ours['checkpoint'].update(interval=1, max_keep_ckpts=1)
    cfg.default_hooks = ours if hooks is None else hooks
    cfg.merge_from_dict(options)
    return Runner.from_cfg(cfg)


def _train(folder, arguments, built, before):
    # the server ends with the tests' process, even with one that crashes
    end_with_parent(os.getppid())
    # what it says is for who looks into the folder
    log = os.open(f'{folder}.log', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    torch.set_num_threads(1)
    runner = build_runner(folder, **arguments)
    if before is not None:
        before()
    built.set()
    runner.train()


def start_training(folder, before=None, **arguments):
    """Start a process that trains.

    Args:
        folder (Path): Its ``work_dir``; ``FOLDER.log`` has what it says.
        before (callable, optional): Called there, before the training.
        arguments: Of :func:`build_runner`.

    Returns:
        multiprocessing.Process: Once it trains, or has ended.
    """
    # one process imports what takes seconds, and the others are forks of it
    PROCESSES.set_forkserver_preload(['mmpose_pinet'])
    built = PROCESSES.Event()
    process = PROCESSES.Process(
        target=_train, args=(folder, arguments, built, before))
    process.start()
    while not built.wait(.05) and process.is_alive():
        pass
    return process
