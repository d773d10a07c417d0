"""One image end to end: uint8 in, persons out, through ``model.test_step``.

On a GPU ours replays CUDA graphs, as ``PINet`` does, and is measured without
them and with a batch of images as well.
"""
from functools import partial
from typing import Callable, List

import torch
import torch.nn as nn
from torch import Tensor

from .heads import show_people
from .models import Setting, build_ours, build_peers
from .people import draw_crowd, test_batch
from .table import Row
from .timing import Stopwatch, measure

PEOPLE = 8  # in the image

BATCH = 16  # images, on a GPU


@torch.no_grad()
def run(setting: Setting) -> List[Row]:
    """Measure one image with flip test: ours against each peer."""
    on_gpu = setting.device.type == 'cuda'
    ours = build_ours(setting.cfg, setting.device, 'test')
    ours.test_cfg.cuda_graphs = on_gpu
    peers = build_peers(setting)
    calls = {}
    for name, model in dict(ours=ours, **peers).items():
        show_people(model.head, draw_crowd(PEOPLE, setting.shape),
                    setting.shape)
        stopwatch = Stopwatch(setting.device)
        if model is ours:
            # called while it is recorded, it would wait for the GPU
            model._features = stopwatch.wrap('backbone', model._features)
        else:
            stopwatch.watch('backbone', model.backbone)
        step = partial(model.test_step, test_batch(setting.shape, 1))
        calls[name] = partial(stopwatch.time, step)
    calls['release'] = partial(
        pass_thrice, ours.backbone,
        torch.rand(1, 3, *setting.shape, device=setting.device))
    if on_gpu:
        for images in 1, BATCH:
            step = partial(ours.test_step, test_batch(setting.shape, images))
            calls[f'{images} replayed'] = step
            calls[f'{images} plain'] = partial(_without_graphs, ours, step)
    seconds = measure(calls, setting.repeats, setting.device, 'image')

    work = f'one image of {PEOPLE} persons, flip'
    rows = [
        Row('image', work, 's', seconds['ours'], "release's passes",
            seconds['release'])
    ]
    for peer in peers:
        for part, suffix in [(work, ''), ('  backbone', '/backbone'),
                             ('  all the rest', '/rest')]:
            rows.append(
                Row('image', part, 's', seconds[f'ours{suffix}'], peer,
                    seconds[f'{peer}{suffix}']))
    if on_gpu:
        for images in 1, BATCH:
            rows.append(
                Row('image', f'{images} x {work}', 's',
                    seconds[f'{images} replayed'], 'no CUDA graphs',
                    seconds[f'{images} plain']))
    return rows


def _without_graphs(model: nn.Module, step: Callable) -> None:
    model.test_cfg.cuda_graphs = False
    step()
    model.test_cfg.cuda_graphs = True


def pass_thrice(backbone: nn.Module, image: Tensor) -> None:
    """Do what the authors' release does with the backbone for one image.

    Its decoding and fusion come on top, so that this is a lower bound.
    """
    for _ in range(3):
        backbone(image)
