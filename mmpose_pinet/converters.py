"""Checkpoints of the authors' release."""
import re
from typing import Dict

import torch
from torch import Tensor

_RENAMED = [
    (r'^ppg\.offset_head\.', 'head.displacement_layer.'),
    (r'^pr\.adj$', 'head.refinement.adjacency'),
    (r'^pr\.gconv_head\.conv\.', 'head.refinement.stem.linear.'),
    (r'^pr\.gconv_head\.bn\.', 'head.refinement.stem.norm.'),
    (r'^pr\.gconv_layers\.(\d+)\.gconv([12])\.conv\.',
     r'head.refinement.blocks.\1.conv\2.linear.'),
    (r'^pr\.gconv_layers\.(\d+)\.gconv([12])\.bn\.',
     r'head.refinement.blocks.\1.conv\2.norm.'),
    (r'^pr\.gconv_pred\.0\.', 'head.refinement.fuse.'),
    (r'^pr\.gconv_pred\.1\.', 'head.refinement.norm.'),
    (r'^pr\.gconv_pred\.3\.', 'head.refinement.predict.'),
    (r'^backbone\.', 'backbone.'),
]
_POINT_LAYERS = ('ppg.heatmap_head.', 'ppg.detkptmap_head.')


def convert_official_state_dict(
        state_dict: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """Turn names and signs of the authors' release into this package's.

    Args:
        state_dict (dict[str, Tensor]): Of the release's model or of a part of
            it. It is left unchanged.

    Returns:
        dict[str, Tensor]: With names ``backbone.*`` and ``head.*``.

    Raises:
        ValueError: If a name is not the release's, or one of the two layers
            that make point maps comes without the other.
    """
    converted = {}
    for name, value in state_dict.items():
        if name.startswith(_POINT_LAYERS):
            continue
        for pattern, replacement in _RENAMED:
            new_name, count = re.subn(pattern, replacement, name)
            if count:
                converted[new_name] = _convert_value(name, value)
                break
        else:
            raise ValueError(
                f'{name!r} is no name of the authors\' release, whose names '
                "begin with 'backbone.', 'ppg.' or 'pr.'")

    # keypoint and part heatmaps come from one layer here
    for kind in ('weight', 'bias'):
        layers = [layer + kind for layer in _POINT_LAYERS]
        present = [name for name in layers if name in state_dict]
        if len(present) == 1:
            raise ValueError(f'{present[0]!r} needs its counterpart: both of '
                             f'{layers} make one layer here')
        if present:
            converted[f'head.point_layer.{kind}'] = torch.cat(
                [_convert_value(name, state_dict[name]) for name in present])
    return converted


def _convert_value(name: str, value: Tensor) -> Tensor:
    """One tensor in this package's layout and sign."""
    # displacements and corrections point the other way in the release
    if name.startswith(('ppg.offset_head.', 'pr.gconv_pred.3.')):
        value = -value
    if name.startswith('pr.') and name.endswith('.conv.weight'):
        return value.t().contiguous()  # (in, out) there
    if name.startswith(('ppg.', 'pr.gconv_pred.')) and value.dim() > 1:
        value = value.flatten(1)  # kernels of size 1 there
    return value.clone()
