"""Files on disk to persons: ``PINet`` against ``MMPoseInferencer``."""
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import List, Tuple

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import cv2
import numpy as np
import torch
from mmpose.apis import MMPoseInferencer

from mmpose_pinet.apis import PINet
from mmpose_pinet.datasets.drawn import draw_image

from .models import Setting, build_ours
from .table import Row
from .timing import measure

PICTURES = 8  # all of one shape


def run(setting: Setting) -> List[Row]:
    """Measure files read, resized, tested: one by one and all at once."""
    with TemporaryDirectory() as folder:
        files = save_pictures(Path(folder), setting.shape)
        config, weights = save_model(setting, Path(folder))
        device = str(setting.device)
        ours = PINet(config, weights, device, score_thr=0)
        theirs = MMPoseInferencer(config, weights, device=device)
        calls = {
            'alone': partial(ours, files),
            'together': partial(ours, files, batch_size=PICTURES),
            'theirs': lambda: list(theirs(files, batch_size=PICTURES)),
        }
        seconds = measure(calls, setting.repeats, setting.device, 'pictures')
    return [
        Row('pictures', f'{PICTURES} files, batch_size={batch}', 's',
            seconds[way], 'MMPoseInferencer', seconds['theirs'])
        for batch, way in ((1, 'alone'), (PICTURES, 'together'))
    ]


def save_model(setting: Setting, folder: Path) -> Tuple[str, str]:
    """Save a config and random weights that find something anywhere, and tell
    their files."""
    config, weights = f'{folder}/config.py', f'{folder}/weights.pth'
    setting.cfg.dump(config)
    model = build_ours(setting.cfg, torch.device('cpu'), 'test')
    # scores above the codec's threshold: as many candidates as it takes
    torch.nn.init.normal_(model.head.point_layer.weight, std=0.1)
    torch.nn.init.constant_(model.head.point_layer.bias, 0.5)
    torch.save(dict(state_dict=model.state_dict()), weights)
    return config, weights


def save_pictures(folder: Path, shape: tuple) -> List[str]:
    """Save drawn crowds of (h, w) px, and tell their files."""
    files = [str(folder / f'{number}.jpg') for number in range(PICTURES)]
    for number, file in enumerate(files):
        picture, _ = draw_image(np.random.default_rng(number), max(shape))
        cv2.imwrite(file, picture[:shape[0], :shape[1]])
    return files
