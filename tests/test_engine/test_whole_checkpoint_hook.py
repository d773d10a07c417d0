"""The next checkpoint is there before the one before it goes."""
import errno
import os
import resource
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook
from tiny_training import build_runner

from mmpose_pinet.engine import WholeCheckpointHook


def names(folder, pattern='*.pth'):
    return sorted(file.name for file in Path(folder).glob(pattern))


class There(Hook):
    """Notes the checkpoints that are there as a new one gets its name."""

    def __init__(self, monkeypatch, folder):
        self.notes = []
        replace = os.replace

        def noting(source, target):
            if str(target).endswith('.pth'):
                self.notes.append((names(folder), Path(target).name))
            replace(source, target)

        monkeypatch.setattr(os, 'replace', noting)


def test_the_old_one_goes_when_the_new_one_is_there(tmp_path, monkeypatch):
    there = There(monkeypatch, tmp_path)
    build_runner(tmp_path, 3, experiment_name='old_goes').train()
    assert there.notes == [
        ([], 'epoch_1.pth'),
        (['epoch_1.pth'], 'epoch_2.pth'),
        (['epoch_2.pth'], 'epoch_3.pth'),
    ]
    assert names(tmp_path) == ['epoch_3.pth']
    assert (tmp_path /
            'last_checkpoint').read_text() == f'{tmp_path}/epoch_3.pth'


def test_the_old_best_goes_when_the_new_best_is_there(tmp_path, monkeypatch):
    runner = build_runner(
        tmp_path,
        3,
        experiment_name='best_goes',
        **{
            'default_hooks.checkpoint.save_best': 'AP',
            'default_hooks.checkpoint.rule': 'greater'
        })
    hook = next(h for h in runner.hooks if isinstance(h, WholeCheckpointHook))
    scores = iter([.1, .3, .2])

    class Validation(Hook):
        """Stands in for a validation after each epoch."""

        def before_train_epoch(self, runner):
            if runner.epoch:
                hook.after_val_epoch(runner, dict(AP=next(scores)))

    runner.register_hook(Validation())
    there = There(monkeypatch, tmp_path)
    runner.train()
    assert (['best_AP_epoch_1.pth',
             'epoch_2.pth'], 'best_AP_epoch_2.pth') in there.notes
    assert names(tmp_path) == ['best_AP_epoch_2.pth', 'epoch_3.pth']


def test_by_steps_as_well(tmp_path):
    build_runner(
        tmp_path,
        2,
        experiment_name='by_steps',
        **{
            'default_hooks.checkpoint.by_epoch': False,
            'default_hooks.checkpoint.interval': 1
        }).train()
    assert names(tmp_path) == ['iter_4.pth']


@pytest.fixture
def small_disk():
    """Files of this process cannot grow beyond 50 kB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                     (50_000, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, small_disk):
    build_runner(tmp_path, 1, size=10**5, experiment_name='fits').train()
    runner = build_runner(
        tmp_path, 2, size=10**5, resume=True, experiment_name='is_full')
    small_disk()
    with pytest.raises(OSError) as error:
        runner.train()
    assert str(error.value) == (
        f'{tmp_path}/epoch_2.pth cannot be written '
        f'({os.strerror(errno.EFBIG)}), and the checkpoint before it is still '
        'there. Make room, or the folder writable, and go on with --resume')
    assert names(tmp_path, '*.pth*') == ['epoch_1.pth']
    assert not names(tmp_path, '.*.pth*')
    torch.load(tmp_path / 'epoch_1.pth')


def test_what_a_killed_training_has_left_goes(tmp_path):
    for name in ('.epoch_1.pth.123', 'mine.pth', '.mine.pth.txt'):
        (tmp_path / name).write_text('')
    build_runner(tmp_path, 1, experiment_name='left').train()
    assert names(tmp_path, '*.pth') == ['epoch_1.pth', 'mine.pth']
    assert names(tmp_path, '.*.pth*') == ['.mine.pth.txt']


def test_a_folder_for_checkpoints_alone(tmp_path):
    folder = tmp_path / 'checkpoints/run'
    options = {
        'default_hooks.checkpoint.out_dir': str(folder.parent),
        'default_hooks.checkpoint.max_keep_ckpts': -1
    }
    build_runner(
        tmp_path / 'run', 2, experiment_name='apart', **options).train()
    (folder / 'epoch_2.pth').write_text('')
    runner = build_runner(
        tmp_path / 'run',
        3,
        resume=True,
        experiment_name='apart_again',
        **options)
    runner.train()
    pointer = tmp_path / 'run/last_checkpoint'
    assert pointer.read_text() == f'{folder}/epoch_3.pth'
    assert names(folder) == ['epoch_1.pth', 'epoch_2.pth', 'epoch_3.pth']
