"""One image end to end: uint8 in, persons out, through ``model.test_step``."""
from functools import partial
from typing import List

import torch
import torch.nn as nn
from torch import Tensor

from .heads import show_people
from .models import Setting, build_ours, build_peers
from .people import draw_crowd, test_batch
from .table import Row
from .timing import Stopwatch, measure

PEOPLE = 8  # in the image


@torch.no_grad()
def run(setting: Setting) -> List[Row]:
    """Measure one image with flip test: ours against each peer."""
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
            rows.append(
                Row('image', work, 's', seconds[f'ours{part}'], peer,
                    seconds[f'{peer}{part}']))
    return rows


def pass_thrice(backbone: nn.Module, image: Tensor) -> None:
    """Do what the authors' release does with the backbone for one image.

    Its decoding and fusion come on top, so that this is a lower bound.
    """
    for _ in range(3):
        backbone(image)
