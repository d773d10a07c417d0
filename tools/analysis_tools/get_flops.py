"""Parameters and FLOPs of a PINet, or of another model (Table 3).

FLOPs are multiply-adds for one view of one image: convolutions, linear
layers, matrix products, normalisation and resizing, as MMEngine counts them.
In the paper's way the feature maps are resized and concatenated, and the
displacement layer is applied to the whole of that; as it runs, neither is.
Finding peaks, reading features at points and fusing poses are not counted.

Models with other heads are also counted as the authors of HRNet and
HigherHRNet do: convolutions alone, each with its weights at every cell of its
output. A deconvolution of stride 2 then counts four times what it takes.
"""
import argparse
import logging
import sys
from typing import Dict, List, Sequence, Tuple, Union

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import torch
import torch.nn as nn
from mmengine.analysis import FlopAnalyzer
from mmengine.registry import init_default_scope
from mmpose.models.necks import FeatureMapProcessor
from mmpose.registry import MODELS

from mmpose_pinet.apis.configs import ConfigOptions, load_config
from mmpose_pinet.apis.zoo import find_config
from mmpose_pinet.command_line import count as whole_number
from mmpose_pinet.command_line import run_command
from mmpose_pinet.models import PINetHead, PINetPlusHead
from mmpose_pinet.models.layers import FeaturePyramid

Complexity = Tuple[int, int]  # parameters, FLOPs


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=find_config, help='config of a model')
    parser.add_argument(
        '--shape',
        type=int,
        nargs=2,
        default=[512, 512],
        metavar=('H', 'W'),
        help='of the input, in px')
    parser.add_argument(
        '--candidates',
        type=whole_number,
        default=30,
        help='poses a part that are found; default 30, the most there are')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        default={},
        help='changes to the config, key=value')
    args = parser.parse_args()
    if min(args.shape) < 32 or any(side % 32 for side in args.shape):
        parser.error(f'--shape is {args.shape}: it starts at 32 32, in steps '
                     'of 32')
    return args


class PyramidConvolution(nn.Module):
    """Apply a linear layer to every cell of a feature pyramid.

    Args:
        layer (nn.Linear): Of the head.
    """

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, levels: Sequence[torch.Tensor]) -> torch.Tensor:
        """Turn levels (B, C_i, H_i, W_i) into maps (B, M, H, W)."""
        return FeaturePyramid(levels).convolve(self.layer)


class PyramidLocalisation(nn.Module):
    """Look for keypoints on a feature pyramid, given its levels.

    Args:
        localisation (nn.Module): A :class:`KeypointLocalisation`.
    """

    def __init__(self, localisation: nn.Module) -> None:
        super().__init__()
        self.localisation = localisation

    def forward(self, levels: Sequence[torch.Tensor], *candidates:
                torch.Tensor) -> torch.Tensor:
        """Move the keypoints of candidates (t, K, 2)."""
        return self.localisation(FeaturePyramid(levels), *candidates)


def build_model(config: str, options: dict) -> nn.Module:
    """Build the model of a config, without weights."""
    cfg = load_config(config, options)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    return MODELS.build(cfg.model).eval()


def count(module: nn.Module, *inputs: Union[torch.Tensor,
                                            tuple]) -> Complexity:
    """Count the parameters and FLOPs of a module."""
    flops = FlopAnalyzer(module, inputs).total()
    # MMEngine knows no deformable convolution
    params, deformable = count_convolutions(module, *inputs, kind='DeformConv')
    return params, flops + deformable


def count_convolutions(module: nn.Module,
                       *inputs,
                       kind: str = 'Conv') -> Complexity:
    """Count the parameters of a module, and as FLOPs the weights of its
    convolutions, those with ``kind`` in their type's name, times the cells of
    their outputs."""
    flops = []

    def note(layer, _, output):
        flops.append(layer.weight.numel() * output.shape[-2:].numel())

    hooks = [
        layer.register_forward_hook(note) for layer in module.modules()
        if kind in type(layer).__name__ and hasattr(layer, 'weight')
    ]
    module(*inputs)
    for hook in hooks:
        hook.remove()
    return sum(p.numel() for p in module.parameters()), sum(flops)


def add(*parts: Complexity) -> Complexity:
    """Add up what was counted of modules."""
    return tuple(map(sum, zip(*parts)))


@torch.no_grad()
def count_rows(model: nn.Module, shape: Tuple[int, int],
               candidates: int) -> Dict[str, Dict[str, Complexity]]:
    """Count in the paper's way, and as it runs.

    Args:
        model (nn.Module): With any head. PPG and PR are told apart where it
            is a PINetHead.
        shape (tuple[int, int]): Input (h, w) in px.
        candidates (int): Poses a part of a PINetHead.

    Returns:
        dict[str, dict[str, tuple[int, int]]]: Parameters and FLOPs by way of
        counting and by component.
    """
    image = torch.zeros(1, 3, *shape)
    backbone = nn.Sequential(model.backbone,
                             *([model.neck] if model.with_neck else []))
    levels = backbone(image)
    if isinstance(model.head, PINetHead):
        rows = count_pinet(backbone, model.head, image, levels, candidates)
    else:
        rows = {
            way:
            dict(
                backbone=counted(backbone, image),
                head=counted(model.head, levels))
            for way, counted in (('authors', count_convolutions), ('ours',
                                                                   count))
        }
    for row in rows.values():
        row['whole'] = add(*row.values())
    return rows


def count_pinet(backbone: nn.Module, head: PINetHead, image: torch.Tensor,
                levels: Sequence[torch.Tensor],
                candidates: int) -> Dict[str, Dict[str, Complexity]]:
    """Count backbone and neck, PPG, PR and what is beyond the paper, as of
    :func:`count_rows`."""
    concatenate = FeatureMapProcessor(concat=True)
    feature_map, = concatenate(levels)
    channels = feature_map.shape[1]
    num_poses = candidates * head.decoder.num_parts

    counted_backbone = count(backbone, image)
    resized = count(concatenate, levels)
    point_maps = PyramidConvolution(head.point_layer)
    points = count(point_maps, levels)
    dense_points = count(point_maps, [feature_map])
    dense = count(PyramidConvolution(head.displacement_layer), [feature_map])
    part_features = torch.zeros(num_poses, channels)
    sparse = count(head.displacement_layer, part_features)
    rows = {
        'paper':
        dict(
            backbone=add(counted_backbone, resized),
            PPG=add(dense_points, dense)),
        'ours':
        dict(backbone=counted_backbone, PPG=add(points, sparse))
    }
    if head.refinement is not None:
        keypoint_features = torch.zeros(head.num_keypoints, num_poses,
                                        channels)
        rows['ours']['PR'] = count(head.refinement, keypoint_features,
                                   part_features)
    if isinstance(head, PINetPlusHead):
        rows['ours']['beyond'] = count_beyond(head, levels, part_features)
    return rows


def count_beyond(head: PINetPlusHead, levels: Sequence[torch.Tensor],
                 part_features: torch.Tensor) -> Complexity:
    """Count what the paper has not, for candidates with these part features
    (t, C)."""
    num_poses, channels = part_features.shape
    num_keypoints = head.num_keypoints
    poses = torch.zeros(num_poses, num_keypoints, 2)
    parts = torch.zeros(num_poses, dtype=torch.long)
    counted = [(0, 0)]
    if head.localisation is not None:
        counted.append(
            count(
                PyramidLocalisation(head.localisation), levels, parts, poses,
                part_features))
    if head.scoring is not None:
        counted.append(
            count(head.scoring, torch.zeros(num_keypoints, num_poses,
                                            channels), part_features,
                  torch.zeros(num_poses, num_keypoints + 1), poses, parts))
    return add(*counted)


def format_table(rows: Dict[str, Dict[str, Complexity]],
                 candidates: int) -> str:
    """Write the table as text, narrower than 80 columns."""
    components = ['backbone', 'PPG', 'PR', 'beyond', 'whole']
    if 'beyond' not in rows.get('ours', {}):
        components.remove('beyond')
    titles = {
        'paper': 'as the paper counts: dense displacements, without PR',
        'authors':
        'as the authors of HRNet count: convolutions, by their outputs',
        'ours': f'as it runs: {candidates} candidates a part'
    }
    if 'authors' in rows:
        components = ['backbone', 'head', 'whole']
        titles['ours'] = 'as it runs'
    lines: List[str] = []
    for name, row in rows.items():
        lines += [
            '', titles[name],
            ' ' * 14 + ''.join(f'{c:>12}' for c in components)
        ]
        for i, (unit, scale) in enumerate([('params (M)', 1e6),
                                           ('FLOPs (G)', 1e9)]):
            cells = (f'{row[c][i] / scale:.3f}' if c in row else '-'
                     for c in components)
            lines.append(f'{unit:<14}' + ''.join(f'{c:>12}' for c in cells))
    return '\n'.join(lines)


def main() -> None:
    args = parse_args()
    logging.disable(logging.WARNING)  # operators whose FLOPs are not counted
    model = build_model(args.config, args.cfg_options)
    rows = count_rows(model, tuple(args.shape), args.candidates)
    print(f'{args.config} at {args.shape[0]} x {args.shape[1]} px, one view')
    print(format_table(rows, args.candidates))


if __name__ == '__main__':
    sys.exit(run_command(main))
