"""What a model costs: its size, and the time of trainings and tests."""
import json
import logging
import time
from contextlib import redirect_stdout
from copy import deepcopy
from io import StringIO
from pathlib import Path
from statistics import mean, median
from typing import Dict

import torch
from get_flops import count_rows
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.device import get_device
from mmpose.apis import init_model
from mmpose.registry import DATASETS, MODELS, TRANSFORMS

from mmpose_pinet.models import PINetHead

TIMED_IMAGES = 20


@torch.no_grad()
def count_network(cfg: Config) -> Dict[str, float]:
    """Count a model's parameters and FLOPs, which shows that it runs.

    Args:
        cfg (Config): To train and to test the model.

    Returns:
        dict[str, float]: ``params`` in millions; ``GFLOPs`` of one view of
        an image as it runs, see ``get_flops.py``.

    Raises:
        ValueError: If head, neck and targets do not fit each other.
    """
    where = f'{cfg.model.head.type} on {Path(cfg.filename).name}'
    width, height = cfg.model.head.decoder.input_size
    try:
        for step in cfg.train_dataloader.dataset.get('pipeline', []):
            TRANSFORMS.build(step)  # its codecs fit each other
        model = MODELS.build(cfg.model).eval()
        maps = model.extract_feat(torch.zeros(1, 3, height, width))
        if model.with_neck and len(maps) > 1 and \
                not isinstance(model.head, PINetHead):
            raise ValueError(
                f'the base has a {cfg.model.neck.type} that gives {len(maps)} '
                'maps, of which this head reads the last alone: let it give '
                'one, as ConcatFPN does')
        logging.disable(logging.WARNING)  # operators that are not counted
        counted = count_rows(model, (height, width), candidates=30)
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f'{where}: {error}') from error
    finally:
        logging.disable(logging.NOTSET)
    params, flops = counted['ours']['whole']
    return dict(params=params / 1e6, GFLOPs=flops / 1e9)


def read_training(folder: Path, images_a_step: int) -> dict:
    """Read what a training has logged.

    Args:
        folder (Path): Its work_dir.
        images_a_step (int): Of all processes together.

    Returns:
        dict: ``s_train``, seconds an image (the median step's, of all
        processes together); ``minutes`` of all steps; ``loss`` and ``val_AP``
        (of validations, where there were any), lists of pairs of the epoch
        and the value. What was not logged is missing.
    """
    times, losses, aps, steps = [], {}, {}, 0
    for file in sorted(folder.glob('*/vis_data/scalars.json')):
        for line in file.read_text().splitlines():
            logged = json.loads(line)
            if 'loss' in logged:
                times.append(logged['time'])
                steps = max(steps, logged['step'])
                losses.setdefault(logged['epoch'], []).append(logged['loss'])
                continue
            for name, value in logged.items():
                if name.endswith('/AP'):
                    aps[logged['step']] = value
    if not times:
        return {}
    return dict(
        s_train=median(times) / images_a_step,
        minutes=median(times) * steps / 60,
        loss=[[epoch, mean(values)] for epoch, values in losses.items()],
        val_AP=sorted(map(list, aps.items())))


@torch.no_grad()
def time_test(cfg: Config, checkpoint: str) -> Dict[str, float]:
    """Time a test, from the loaded image to persons.

    Args:
        cfg (Config): To test the model, with or without flip test.
        checkpoint (str): The trained weights: how many persons are found
            counts.

    Returns:
        dict[str, float]: ``s_test``, the median of the seconds an image, one
        at a time; of ``TIMED_IMAGES``.
    """
    cfg = deepcopy(cfg)  # `init_model` changes it
    with redirect_stdout(StringIO()):  # COCO reports that it loads
        model = init_model(cfg, checkpoint, device=get_device())
        dataset = DATASETS.build(cfg.test_dataloader.dataset)
    steps = range(0, len(dataset), max(1, len(dataset) // TIMED_IMAGES))
    seconds = []
    for index in steps:
        batch = pseudo_collate([dataset[index]])
        start = time.perf_counter()
        model.test_step(batch)  # ends on the CPU
        seconds.append(time.perf_counter() - start)
    return dict(s_test=median(seconds))
