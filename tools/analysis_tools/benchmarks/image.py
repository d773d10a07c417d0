"""One image end to end: uint8 in, persons out, through ``model.test_step``.

On a GPU ours replays CUDA graphs, as ``PINet`` does, and is measured without
them and with a batch of images as well.
"""
from copy import deepcopy
from functools import partial
from typing import Iterator, List

import torch
import torch.nn as nn
from torch import Tensor

from .heads import show_people
from .models import Setting, build_ours, build_peers, input_shape
from .people import draw_crowd, test_batch
from .table import Row
from .timing import Stopwatch, measure

PEOPLE = 8  # in the image

OURS, ONE_VIEW = 'ours', 'ours without flip'

IMAGES = 1, 16  # in a batch, on a GPU


@torch.no_grad()
def run(setting: Setting) -> List[Row]:
    """Measure one image: ours against each peer, with flip test where the
    peer has one."""
    models = {
        way: build_ours(setting.cfg, setting.device, 'test')
        for way in (OURS, ONE_VIEW)
    }
    for way, model in models.items():
        model.test_cfg.cuda_graphs = setting.device.type == 'cuda'
        model.test_cfg.flip_test = way == OURS
    peers = build_peers(setting)
    models.update(peers)
    calls = {}
    for name, model in models.items():
        shape = input_shape(name, setting.shape)
        show_people(model.head, draw_crowd(PEOPLE, shape), shape)
        stopwatch = Stopwatch(setting.device)
        if hasattr(model, '_features'):
            # the backbone's hooks are called while it is recorded alone
            model._features = stopwatch.wrap('backbone', model._features)
        else:
            stopwatch.watch('backbone', model.backbone)
        step = partial(model.test_step, test_batch(shape, 1))
        calls[name] = partial(stopwatch.time, step)
    calls['release'] = partial(
        pass_thrice, models[OURS].backbone,
        torch.rand(1, 3, *setting.shape, device=setting.device))
    seconds = measure(calls, setting.repeats, setting.device, 'image')

    rows = [
        Row('image', f'one image of {PEOPLE} persons, flip', 's',
            seconds[OURS], "release's passes", seconds['release'])
    ]
    for peer in peers:
        way, views = OURS, 'flip'
        if not models[peer].test_cfg.get('flip_test', False):
            way, views = ONE_VIEW, 'no flip'
        for work, part in [(f'one image of {PEOPLE} persons, {views}', ''),
                           ('  backbone', '/backbone'),
                           ('  all the rest', '/rest')]:
            rows.append(
                Row('image', work, 's', seconds[f'{way}{part}'], peer,
                    seconds[f'{peer}{part}']))
    rows += list(measure_beyond(setting))
    if setting.device.type == 'cuda':
        rows += list(measure_graphs(setting))
    return rows


def measure_beyond(setting: Setting) -> Iterator[Row]:
    """Measure what the layers beyond the paper cost, of few candidates and
    of as many as there can be."""
    beyond = deepcopy(setting.cfg)
    beyond.model.head.type = 'PINetPlusHead'
    models = {
        OURS: build_ours(setting.cfg, setting.device, 'test'),
        'PINet+': build_ours(beyond, setting.device, 'test')
    }
    for people in PEOPLE, models[OURS].head.decoder.decode_max_instances:
        calls = {}
        for name, model in models.items():
            show_people(model.head, draw_crowd(people, setting.shape),
                        setting.shape)
            calls[name] = partial(model.test_step,
                                  test_batch(setting.shape, 1))
        seconds = measure(calls, setting.repeats, setting.device, 'beyond')
        yield Row('image', f'one image of {people} persons, flip', 's',
                  seconds[OURS], 'PINet+', seconds['PINet+'])


def measure_graphs(setting: Setting) -> Iterator[Row]:
    """Measure tests on a GPU with CUDA graphs and without, nothing between
    them and the clock."""
    models = {
        way: build_ours(setting.cfg, setting.device, 'test')
        for way in ('replayed', 'plain')
    }
    models['replayed'].test_cfg.cuda_graphs = True
    for model in models.values():
        show_people(model.head, draw_crowd(PEOPLE, setting.shape),
                    setting.shape)
    for images in IMAGES:
        for precision in 'fp32', 'bf16':
            calls = {}
            for way, model in models.items():
                model.test_cfg.precision = precision
                calls[way] = partial(model.test_step,
                                     test_batch(setting.shape, images))
            seconds = measure(calls, setting.repeats, setting.device,
                              f'{images} images, {precision}')
            yield Row('image', f'images in a batch: {images}, {precision}',
                      's', seconds['replayed'], 'no CUDA graphs',
                      seconds['plain'])


def pass_thrice(backbone: nn.Module, image: Tensor) -> None:
    """Do what the authors' release does with the backbone for one image.

    Its decoding and fusion come on top, so that this is a lower bound.
    """
    for _ in range(3):
        backbone(image)
