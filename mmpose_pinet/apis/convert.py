"""A checkpoint of the authors' release as a file that MMPose loads."""
from pathlib import Path
from typing import Dict, Union

import torch
from torch import Tensor

from mmpose_pinet.compat.checkpoints import load_checkpoint_file
from mmpose_pinet.converters import convert_official_state_dict, official_sizes
from mmpose_pinet.datasets.metainfo import metainfo_of


def convert_file(source: Union[str, Path], target: Union[str, Path]) -> str:
    """Write what MMPose loads, with the metainfo of the keypoints.

    Args:
        source (str | Path): Checkpoint of the authors' release: a state dict,
            or a dict that holds one as ``'state_dict'``.
        target (str | Path): Checkpoint to write, of ``state_dict`` and
            ``meta.dataset_meta``.

    Returns:
        str: What was written, in a line.

    Raises:
        ValueError: If ``source`` is no such checkpoint.
        OSError: If a file cannot be read or written.
    """
    content = load_checkpoint_file(source)
    try:
        official = _weights_of(content)
        weights = convert_official_state_dict(official)
        num_keypoints = official_sizes(official).keypoints
        if not num_keypoints:
            raise ValueError("it has no 'ppg.heatmap_head.weight', which "
                             'makes the keypoint heatmaps')
        meta = metainfo_of(num_keypoints)
    except ValueError as error:
        raise ValueError(f'{source} cannot be converted: {error}') from error
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    torch.save(dict(meta=dict(dataset_meta=meta), state_dict=weights), target)
    return (f'{target}: {len(weights)} tensors, '
            f'{sum(w.numel() for w in weights.values()) / 1e6:.3f} M values, '
            f'{meta["num_keypoints"]} keypoints of {meta["dataset_name"]}')


def _weights_of(content: dict) -> Dict[str, Tensor]:
    weights = content.get('state_dict', content)
    if not isinstance(weights, dict) or not weights:
        raise ValueError('it holds no weights')
    for name, value in weights.items():
        if not isinstance(value, Tensor):
            raise ValueError(f'its {name!r} is {type(value).__name__}, not a '
                             "tensor: this is no model's state dict")
    return weights
