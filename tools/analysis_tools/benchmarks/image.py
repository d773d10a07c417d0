"""Images end to end: uint8 in, persons out, through ``model.test_step``."""
from functools import partial
from typing import List

import torch
import torch.nn as nn
from benchmark_heads import show_people
from benchmark_models import Setting, build_ours, build_peers
from benchmark_people import draw_crowd, test_batch
from benchmark_table import Row
from benchmark_timing import Stopwatch, measure
from torch import Tensor

PEOPLE = 8  # in each image


@torch.no_grad()
def run_one(setting: Setting) -> List[Row]:
    """Rows of one image with flip test: ours against each peer."""
    models = dict(
        ours=build_ours(setting.cfg, setting.device, 'test'),
        **build_peers(setting))
    calls = {}
    for name, model in models.items():
        show_people(model.head, draw_crowd(PEOPLE, setting.shape),
                    setting.shape)
        stopwatch = Stopwatch(setting.device)
        stopwatch.watch('backbone', model.backbone)
        step = partial(model.test_step, test_batch(setting.shape, 1))
        calls[name] = partial(stopwatch.time, step)
    calls['release'] = partial(
        pass_thrice, models['ours'].backbone,
        torch.rand(1, 3, *setting.shape, device=setting.device))
    seconds = measure(calls, setting.repeats, setting.device, 'image')

    rows = [
        Row('image', f'one image of {PEOPLE} persons, flip', 's',
            seconds['ours'], "release's passes", seconds['release'])
    ]
    for peer in list(models)[1:]:
        for work, part in [(f'one image of {PEOPLE} persons, flip', ''),
                           ('  backbone', '/backbone'),
                           ('  all the rest', '/rest')]:
            goal = '>= 1x' if peer == 'AE' and not part else ''
            rows.append(
                Row('image', work, 's', seconds[f'ours{part}'], peer,
                    seconds[f'{peer}{part}'], goal))
    return rows


def pass_thrice(backbone: nn.Module, image: Tensor) -> None:
    """What the authors' release does with the backbone to test one image.

    Its decoding and fusion come on top, so that this is a lower bound.
    """
    for _ in range(3):
        backbone(image)


@torch.no_grad()
def run_batch(setting: Setting) -> List[Row]:
    """Rows of what a batch gains over single images, both ours."""
    model = build_ours(setting.cfg, setting.device, 'test')
    show_people(model.head, draw_crowd(PEOPLE, setting.shape), setting.shape)
    seconds = measure(
        {
            size: partial(model.test_step, test_batch(setting.shape, size))
            for size in sorted({1, setting.batch})
        }, setting.repeats, setting.device, 'batch')
    rows = []
    for size, value in seconds.items():
        alone = ('1 at a time', seconds[1]) if size > 1 else ()
        rows += [
            Row('batch', f'one image of {PEOPLE}, {size} at a time, flip', 's',
                value / size, *alone),
            Row('batch', f'  images a second, {size} at a time', 'rate',
                size / value)
        ]
    return rows
