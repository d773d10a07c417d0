"""A training's processes are after days what they were after an hour."""
import gc
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from process_size import children, needs_linux, size_of

from mmpose_pinet.datasets.drawn import draw_crowd

CONFIG = Path(__file__).parents[2].joinpath(
    'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py')


class Sizes(Hook):
    """What this process and the loaders' workers hold, every so many
    epochs."""

    def __init__(self, interval):
        self.interval = interval
        self.sizes = []

    def after_train_epoch(self, runner):
        # when no picture is on its way from a worker, which takes handles
        if self.every_n_epochs(runner, self.interval):
            gc.collect()
            self.sizes.append([size_of(pid) for pid in ('self', *children())])


def small_config(folder):
    """The drawn crowd in pictures of 64 px: 20 steps an epoch, two workers
    that live on, validations and checkpoints on the way."""
    for split, count in dict(train=80, val=8).items():
        draw_crowd(folder, count, split, image_size=64, num_workers=1)
    cfg = Config.fromfile(CONFIG)
    workers = dict(
        persistent_workers=True, dataset=dict(data_root=str(folder)))
    cfg.merge_from_dict(
        dict(
            work_dir=str(folder / 'work'),
            log_level='ERROR',
            train_cfg=dict(max_epochs=100, val_interval=10),
            default_hooks=dict(checkpoint=dict(interval=10)),
            train_dataloader=dict(num_workers=2, **workers),
            val_dataloader=dict(num_workers=1, batch_size=4, **workers),
            val_evaluator=dict(ann_file=f'{folder}/annotations/val.json'),
            test_cfg=None,
            test_dataloader=None,
            test_evaluator=None))
    train = cfg.train_dataloader.dataset.pipeline
    for codec in cfg.model.head.decoder, train[4].encoder:
        codec.update(input_size=(64, 64), heatmap_size=(16, 16))
    for resize in train[1], cfg.val_dataloader.dataset.pipeline[1]:
        resize.update(input_size=(64, 64))
    return cfg


def train(folder):
    """Tell the sizes at every 100 steps, which are 5 epochs, of 2,000."""
    torch.set_num_threads(1)
    runner = Runner.from_cfg(small_config(folder))
    hook = Sizes(interval=5)
    runner.register_hook(hook)
    runner.train()
    assert runner.iter == 2000
    return hook.sizes


@needs_linux
@pytest.mark.slow
def test_two_thousand_steps_keep_memory_workers_and_handles(
        tmp_path, monkeypatch):
    # glibc gives back what is freed, and keeps no heap a thread: what a
    # process holds is what it uses
    monkeypatch.setenv('MALLOC_MMAP_THRESHOLD_', '65536')
    monkeypatch.setenv('MALLOC_ARENA_MAX', '1')
    # by itself: what other tests have left is given back at any time
    spawn = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(1, spawn) as alone:
        sizes = alone.submit(train, tmp_path).result()
    # allocators and libraries take what they keep, workers of the first
    # validation among them
    before, after = sizes[4], sizes[-1]
    print('MB and handles of each process after 500 steps', before)
    print('after 2,000 steps', after)
    assert len(before) == len(after) >= 4  # this one, its loaders' workers
    for (memory, handles), (memory_after, handles_after) in zip(before, after):
        assert memory_after < memory + 10
        assert handles_after <= handles
