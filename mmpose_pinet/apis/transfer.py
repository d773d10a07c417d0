"""Weights of one body's keypoints, as a start for another body's."""
from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Sequence, Tuple, Union

import torch
from torch import Tensor

from mmpose_pinet.codecs.skeletons import Skeleton, load_skeleton
from mmpose_pinet.compat.checkpoints import load_checkpoint_file
from mmpose_pinet.converters import convert_official_state_dict, is_official

# CrowdPose's keypoints that COCO has not, and COCO's nearest to them, as a
# mirror image has them
NEAREST = {
    'top_head': ('left_eye', 'right_eye'),
    'neck': ('left_shoulder', 'right_shoulder'),
}


class Axis(NamedTuple):
    """Where a tensor's axis tells of keypoints: ``repeats`` times K times
    ``unit`` entries, from ``start``."""
    axis: int = 0
    start: int = 0
    repeats: int = 1
    unit: int = 1


def transfer_file(source: Union[str, Path],
                  target: Union[str, Path],
                  source_skeleton: str,
                  target_skeleton: str,
                  nearest: Mapping[str, Sequence[str]] = NEAREST) -> str:
    """Write a checkpoint that a training of another body's keypoints starts
    from, by ``load_from``.

    Args:
        source (str | Path): Checkpoint of a PINet or PINet+, ours or of the
            authors' release.
        target (str | Path): Checkpoint to write.
        source_skeleton, target_skeleton (str): ``'coco'``, ``'crowdpose'`` or
            the path of a metainfo file.
        nearest (dict[str, list[str]]): As of :func:`sources_of`.

    Returns:
        str: What was written, in a line.

    Raises:
        ValueError: If the checkpoint is none of this skeleton, or as of
            :func:`sources_of`.
        OSError: If a file cannot be read or written.
    """
    content = load_checkpoint_file(source)
    weights = content.get('state_dict', content)
    if is_official(weights):
        weights = convert_official_state_dict(weights)
    skeletons = load_skeleton(source_skeleton), load_skeleton(target_skeleton)
    sources = sources_of(*skeletons, nearest)
    try:
        weights = transfer_keypoints(weights, sources,
                                     skeletons[0].num_keypoints)
    except ValueError as error:
        raise ValueError(f'{source}: {error}') from error
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    torch.save(dict(meta={}, state_dict=weights), target)
    return (f'{target}: {len(weights)} tensors, the {len(sources)} keypoints '
            f'of {target_skeleton} from {source_skeleton}')


def sources_of(
        source: Skeleton,
        target: Skeleton,
        nearest: Mapping[str, Sequence[str]] = NEAREST) -> List[List[int]]:
    """Tell what each keypoint of a body starts from.

    Args:
        source, target (Skeleton): The bodies.
        nearest (dict[str, list[str]]): The source's keypoints around each
            that the source has not.

    Returns:
        list[list[int]]: For each keypoint of the target the indices of the
        source's: that of the same name, or the nearest.

    Raises:
        ValueError: If a keypoint has no source.
    """
    found = []
    for name in target.names:
        names = [name] if name in source.names else nearest.get(name, ())
        lacking = [n for n in names if n not in source.names]
        if lacking or not names:
            missing = lacking[0] if lacking else name
            raise ValueError(
                f'{source.name} has no keypoint {missing!r} to start the '
                f'{name!r} of {target.name} from: name those near it, '
                f'--nearest {name}=A,B of {", ".join(source.names)}')
        found.append([source.names.index(n) for n in names])
    return found


def transfer_keypoints(weights: Dict[str,
                                     Tensor], sources: Sequence[Sequence[int]],
                       num_keypoints: int) -> Dict[str, Tensor]:
    """Give each keypoint the mean of its sources' weights.

    Args:
        weights (dict[str, Tensor]): State dict of a PINet or PINet+.
        sources (list[list[int]]): As of :func:`sources_of`.
        num_keypoints (int): K of the weights.

    Returns:
        dict[str, Tensor]: Of a model with the same parts, in the same order.

    Raises:
        ValueError: If the weights are of no PINet with K keypoints.
    """
    shares = torch.zeros(len(sources), num_keypoints)
    for row, of_one in zip(shares, sources):
        row[list(of_one)] = 1 / len(of_one)
    axes = _axes_of(weights, num_keypoints)
    moved = {}
    for name, value in weights.items():
        for axis in axes.get(name, ()):
            value = _mix(value, axis, shares)
        moved[name] = value
    return moved


def _axes_of(weights: Dict[str, Tensor],
             num_keypoints: int) -> Dict[str, List[Axis]]:
    """The axes of keypoints by the tensors' names."""
    points = weights.get('head.point_layer.weight')
    displacements = weights.get('head.displacement_layer.weight')
    if points is None or displacements is None:
        raise ValueError('it is no checkpoint of a PINet: it has no '
                         'head.point_layer or head.displacement_layer')
    num_parts = len(points) - num_keypoints
    if len(displacements) != 2 * num_parts * num_keypoints:
        raise ValueError(f'its {len(points)} point maps and '
                         f'{len(displacements)} displacements are not of '
                         f'{num_keypoints} keypoints')
    channels = points.shape[1]
    query = weights.get('head.localisation.key.weight', points)
    # scoring reads what heatmaps say after mean, maximum and part features
    values = Axis(start=3 * channels)
    layers: Dict[str, Tuple[Axis, ...]] = {
        'point_layer': (Axis(), ),
        'displacement_layer': (Axis(repeats=num_parts, unit=2), ),
        'refinement.predict': (Axis(unit=2), ),
        'localisation.part_query': (Axis(unit=len(query)), ),
        'scoring.predict': (Axis(), ),
    }
    axes = {
        f'head.{layer}.{kind}': [*of_layer]
        for layer, of_layer in layers.items()
        for kind in ('weight', 'bias')
    }
    axes['head.refinement.adjacency'] = [Axis(0), Axis(1)]
    axes['head.localisation.nearness'] = [Axis()]
    axes['head.localisation.offset_bias'] = [Axis()]
    axes['head.scoring.hidden.weight'] = [values._replace(axis=1)]
    for kind in ('weight', 'bias', 'running_mean', 'running_var'):
        axes[f'head.scoring.input_norm.{kind}'] = [values]
    return axes


def _mix(value: Tensor, place: Axis, shares: Tensor) -> Tensor:
    """Replace K entries of an axis by K', each a mean of some of them."""
    axis, start, repeats, unit = place
    size = repeats * shares.shape[1] * unit
    before, told, after = value.split(
        [start, size, value.shape[axis] - start - size], dim=axis)
    told = told.unflatten(axis, (repeats, shares.shape[1], unit))
    told = torch.tensordot(shares.to(told), told, dims=([1], [axis + 1]))
    told = told.movedim(0, axis + 1).flatten(axis, axis + 2)
    return torch.cat([before, told, after], axis)
