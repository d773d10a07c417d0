"""Convert a checkpoint of the authors' release to MMPose's format."""
import argparse
from pathlib import Path
from pickle import UnpicklingError
from typing import Dict

import torch
from torch import Tensor

from mmpose_pinet.converters import convert_official_state_dict
from mmpose_pinet.datasets.metainfo import metainfo_of

PREFIX = 'module.'  # of a model saved inside DataParallel
KEYPOINT_LAYER = 'ppg.heatmap_head.weight'  # (K, C, 1, 1)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('src', help="checkpoint of the authors' release")
    parser.add_argument('dst', help='checkpoint to write')
    return parser.parse_args()


def load_state_dict(path: str) -> Dict[str, Tensor]:
    """Load the weights of a file, by the release's names.

    Args:
        path (str): A state dict, or a dict that holds one as
            ``'state_dict'``.

    Returns:
        dict[str, Tensor]: Without ``module.`` before the names.

    Raises:
        ValueError: If the file holds anything else. Only tensors and plain
            Python values are loaded: no file can run code.
        OSError: If it cannot be read.
    """
    try:
        content = torch.load(path, map_location='cpu', weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError, LookupError,
            ValueError) as error:  # as the bytes of other files happen to be
        # PyTorch's own advice, to load without the check, is left out
        reason = str(error).rpartition('WeightsUnpickler error: ')[2]
        reason = reason.strip().partition('\n')[0]
        raise ValueError('it is no PyTorch checkpoint of tensors and plain '
                         f'values ({type(error).__name__}: {reason})')
    if isinstance(content, dict):
        content = content.get('state_dict', content)
    if not isinstance(content, dict) or not content:
        raise ValueError(f'it holds {type(content).__name__}, not the weights '
                         'of a model')
    if all(str(name).startswith(PREFIX) for name in content):
        content = {n[len(PREFIX):]: value for n, value in content.items()}
    for name, value in content.items():
        if not isinstance(value, Tensor):
            raise ValueError(f'its {name!r} is {type(value).__name__}, not a '
                             "tensor: this is no model's state dict")
    return content


def convert(src: str, dst: str) -> dict:
    """Write what MMPose loads, with the meta of the dataset it is about.

    Args:
        src (str): Checkpoint of the authors' release.
        dst (str): Checkpoint to write: ``state_dict`` and
            ``meta.dataset_meta``.

    Returns:
        dict: What is written.

    Raises:
        ValueError: If ``src`` is no such checkpoint.
        OSError: If a file cannot be read or written.
    """
    try:
        official = load_state_dict(src)
        converted = convert_official_state_dict(official)
        if KEYPOINT_LAYER not in official:
            raise ValueError(f'it has no {KEYPOINT_LAYER!r}, which makes the '
                             'keypoint heatmaps')
        meta = metainfo_of(len(official[KEYPOINT_LAYER]))
    except ValueError as error:
        raise ValueError(f'{src} cannot be converted: {error}') from error

    checkpoint = dict(meta=dict(dataset_meta=meta), state_dict=converted)
    Path(dst).parent.mkdir(parents=True, exist_ok=True)
    torch.save(checkpoint, dst)
    return checkpoint


def main() -> None:
    args = parse_args()
    try:
        checkpoint = convert(args.src, args.dst)
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error
    meta = checkpoint['meta']['dataset_meta']
    weights = checkpoint['state_dict'].values()
    print(f'{args.dst}: {len(weights)} tensors, '
          f'{sum(w.numel() for w in weights) / 1e6:.3f} M values, '
          f'{meta["num_keypoints"]} keypoints of {meta["dataset_name"]}')


if __name__ == '__main__':
    main()
