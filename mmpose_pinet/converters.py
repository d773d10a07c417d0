"""Checkpoints of the authors' release."""
import re
from typing import Dict, List, NamedTuple

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
_PREFIX = 'module.'  # of a model saved inside DataParallel
# The configs of the models that the authors publish, by keypoints, parts,
# residual blocks of refinement and channels.
_CONFIGS = {
    (17, 3, 3, 480): 'pinet_hrnet-w32_ochuman',
    (14, 3, 3, 480): 'pinet_hrnet-w32_crowdpose',
    (17, 3, 2, 480): 'pinet_hrnet-w32_coco',
}


def is_official(state_dict: Dict[str, Tensor]) -> bool:
    """Tell whether a state dict has the names of the authors' release.

    Args:
        state_dict (dict[str, Tensor]): Of any model.

    Returns:
        bool: Whether it holds layers of their PPG or PR, with or without
        ``module.`` before the names. A backbone alone has MMPose's names.
    """
    return any(
        str(name).startswith((f'{prefix}ppg.', f'{prefix}pr.'))
        for name in state_dict for prefix in ('', _PREFIX))


def convert_official_state_dict(
        state_dict: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """Turn names and signs of the authors' release into this package's.

    Args:
        state_dict (dict[str, Tensor]): Of the release's model or of a part of
            it, with or without ``module.`` before all names. It is left
            unchanged.

    Returns:
        dict[str, Tensor]: With names ``backbone.*`` and ``head.*``.

    Raises:
        ValueError: If a name is not the release's, or one of the two layers
            that make point maps comes without the other.
    """
    converted = {}
    state_dict = _without_prefix(state_dict)
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


def convert_for_model(state_dict: Dict[str, Tensor],
                      expected: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """Convert a state dict of the release for a model that it must fit.

    Args:
        state_dict (dict[str, Tensor]): Of the release's whole model.
        expected (dict[str, Tensor]): The state dict of the model.

    Returns:
        dict[str, Tensor]: As of :func:`convert_official_state_dict`, with
        all names and shapes of ``expected`` and no other.

    Raises:
        ValueError: If a name is missing, left over or of another shape; with
            names, shapes and the config that fits.
    """
    converted = convert_official_state_dict(state_dict)
    for name, value in expected.items():
        if name.endswith('.num_batches_tracked'):
            # it steers nothing, and old files have none
            converted.setdefault(name, value)
    missing = [name for name in expected if name not in converted]
    left_over = [name for name in converted if name not in expected]
    odd = [
        f'{name} {tuple(value.shape)} in the file, '
        f'{tuple(expected[name].shape)} in the model'
        for name, value in converted.items()
        if name in expected and value.shape != expected[name].shape
    ]
    problems = [
        f'{len(names)} {what}: {_some(names)}'
        for names, what in ((missing, 'tensors of the model are missing'),
                            (left_over, 'tensors have no place in the model'),
                            (odd, 'tensors have another shape')) if names
    ]
    if problems:
        raise ValueError(
            "the checkpoint of the authors' release does not fit the model. "
            f'{_which(official_sizes(state_dict))}. {"; ".join(problems)}')
    return converted


class OfficialSizes(NamedTuple):
    """The sizes of a model of the release; 0 for what a part of it lacks."""
    keypoints: int
    parts: int
    blocks: int  # residual ones, of refinement
    channels: int


def official_sizes(state_dict: Dict[str, Tensor]) -> OfficialSizes:
    """Read the sizes of a model of the release.

    Args:
        state_dict (dict[str, Tensor]): Of the release's model or of a part of
            it.

    Returns:
        OfficialSizes: As its layers have them.
    """
    state_dict = _without_prefix(state_dict)
    nothing = torch.empty(0, 0)
    keypoints, parts = (
        state_dict.get(f'{layer}weight', nothing) for layer in _POINT_LAYERS)
    blocks = [
        name for name in state_dict
        if re.match(r'pr\.gconv_layers\.\d+\.gconv1\.conv\.weight', name)
    ]
    return OfficialSizes(
        len(keypoints), len(parts), len(blocks), keypoints.shape[1])


def _without_prefix(state_dict: Dict[str, Tensor]) -> Dict[str, Tensor]:
    if not all(str(name).startswith(_PREFIX) for name in state_dict):
        return state_dict
    return {name[len(_PREFIX):]: value for name, value in state_dict.items()}


def _which(sizes: OfficialSizes) -> str:
    config = _CONFIGS.get(sizes)
    fits = f"the config '{config}' fits" if config else (
        'no config of this package has these sizes')
    return (f'It has {sizes.keypoints} keypoints, {sizes.parts} parts, '
            f'{sizes.blocks} residual blocks of refinement and '
            f'{sizes.channels} channels: {fits}')


def _some(names: List[str]) -> str:
    return ', '.join(names[:3]) + (', ...' if len(names) > 3 else '')


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
