"""Draw what a training of PINet is taught, on its augmented pictures.

For each picture three panels: poses with the cells that learn them, in the
colour of their part, and the displacements from a cell to its keypoints (Eq.
1); the maps of part points; and the maps of keypoints (Eq. 6). What the loss
passes over is dark.
"""
import argparse
import sys
from typing import List, NamedTuple, Sequence

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, KEYPOINT_CODECS

from mmpose_pinet.apis.configs import ConfigOptions, load_config
from mmpose_pinet.apis.zoo import find_config
from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.command_line import (count, natural, output_drawing,
                                       run_command)

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

TITLES = 'poses, cells, displacements', 'part points', 'keypoints'
WIDTH = 4  # of a panel, in inches
DIMMED = .3


class Targets(NamedTuple):
    """A training picture and its targets, in px of the network's input.

    Attributes:
        image (np.ndarray): (h, w, 3) RGB.
        parts (np.ndarray): (P, ) the part of each row.
        cells (np.ndarray): (P, 2).
        poses (np.ndarray): (P, K, 2), NaN where a keypoint teaches nothing.
        part_map (np.ndarray): (H, W) the highest of all parts' maps.
        keypoint_map (np.ndarray): (H, W) the highest of all keypoints'.
        mask (np.ndarray): (H, W), True where the loss counts.
    """

    image: np.ndarray
    parts: np.ndarray
    cells: np.ndarray
    poses: np.ndarray
    part_map: np.ndarray
    keypoint_map: np.ndarray
    mask: np.ndarray


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'config', type=find_config, help="a PINet's, path or name")
    parser.add_argument(
        '--num', type=count, default=4, help='pictures (default: 4)')
    parser.add_argument(
        '--seed',
        type=natural,
        default=0,
        help='of the augmentation (default: 0)')
    parser.add_argument(
        '--out',
        type=output_drawing,
        default='targets.png',
        help='picture to write (default: targets.png)')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        help='keys of the config and other values, KEY=VALUE')
    return parser.parse_args()


def find_codec(cfg: Config) -> PartSPR:
    """The codec that makes a training's targets.

    Raises:
        ValueError: If it is none of PINet's.
    """
    steps = cfg.train_dataloader.dataset.pipeline
    encoders = [step.encoder for step in steps if 'encoder' in step]
    if len(encoders) != 1 or encoders[0].get('type') != 'PartSPR':
        raise ValueError(
            'train_dataloader.dataset.pipeline: the targets are not made by '
            'one GenerateTarget with encoder.type=PartSPR, as PINet has it')
    return KEYPOINT_CODECS.build(encoders[0])


def read_targets(sample: dict, codec: PartSPR) -> Targets:
    """Take the targets out of what a training's pipeline gives."""
    fields = sample['data_samples'].gt_fields
    rows = sample['data_samples'].gt_instance_labels
    maps = fields.heatmaps.numpy()
    num_keypoints = len(maps) - codec.num_parts
    width = codec.heatmap_size[0]
    y, x = np.divmod(rows.cell_indices.numpy(), width)
    cells = np.stack([x, y], axis=-1)
    poses = cells[:, None] + rows.displacements.numpy()
    poses[rows.displacement_weights.numpy() == 0] = np.nan
    mask = np.ones(maps.shape[1:], bool)
    if 'heatmap_mask' in fields:
        mask = fields.heatmap_mask.numpy()[0]
    return Targets(
        image=sample['inputs'].permute(1, 2, 0).numpy()[..., ::-1],
        parts=rows.part_indices.numpy(),
        cells=cells * codec.scale_factor,
        poses=poses * codec.scale_factor,
        part_map=maps[num_keypoints:].max(0),
        keypoint_map=maps[:num_keypoints].max(0),
        mask=mask)


def draw_rows(axes: Axes, targets: Targets, links: Sequence[tuple],
              num_parts: int) -> None:
    """Draw poses, their cells, and the displacements of one cell each."""
    palette = plt.get_cmap('tab10' if num_parts <= 10 else 'tab20')
    # all rows of a part and a person have one pose
    rounded = np.rint(np.nan_to_num(targets.poses,
                                    nan=-1)).reshape(len(targets.poses), -1)
    owner = np.column_stack([targets.parts, rounded])
    if len(owner):
        _, first = np.unique(owner, axis=0, return_index=True)
        for row in first:
            pose, colour = targets.poses[row], palette(targets.parts[row])
            axes.add_collection(
                LineCollection([pose[list(link)] for link in links],
                               colors='white',
                               linewidths=1))
            rays = [(targets.cells[row], keypoint) for keypoint in pose]
            axes.add_collection(
                LineCollection(rays, colors=[colour], linewidths=.5))
    axes.scatter(
        *targets.cells.T, color=palette(targets.parts), marker='s', s=4)


def draw_map(axes: Axes, targets: Targets, values: np.ndarray) -> None:
    """Draw a map (H, W) over the picture."""
    height, width = targets.image.shape[:2]
    # cell x lies at the px x * stride, and is drawn as a square around it
    rows, columns = values.shape
    across, down = width / columns / 2, height / rows / 2
    axes.imshow(
        values,
        cmap='inferno',
        alpha=np.clip(values * 1.5, 0, .9),
        vmin=0,
        vmax=1,
        interpolation='nearest',
        extent=(-across, width - across, height - down, -down))


def draw_targets(samples: List[Targets], links: Sequence[tuple],
                 num_parts: int) -> plt.Figure:
    """Draw a row of three panels for each picture."""
    height, width = samples[0].image.shape[:2]
    figure, grid = plt.subplots(
        len(samples),
        3,
        figsize=(3 * WIDTH, len(samples) * WIDTH * height / width + .5),
        squeeze=False,
        layout='constrained')
    for panels, targets in zip(grid, samples):
        shown = targets.image * np.where(enlarged_mask(targets), 1,
                                         DIMMED)[..., None]
        for axes in panels:
            axes.imshow(shown.astype(np.uint8))
            axes.set(xlim=(-.5, width - .5), ylim=(height - .5, -.5))
            axes.axis('off')
        draw_rows(panels[0], targets, links, num_parts)
        draw_map(panels[1], targets, targets.part_map)
        draw_map(panels[2], targets, targets.keypoint_map)
    for axes, title in zip(grid[0], TITLES):
        axes.set_title(title)
    return figure


def enlarged_mask(targets: Targets) -> np.ndarray:
    """The mask (H, W) in the size of the picture (h, w)."""
    height, width = targets.image.shape[:2]
    large = cv2.resize(
        targets.mask.astype(np.uint8), (width, height),
        interpolation=cv2.INTER_NEAREST)
    return large.astype(bool)


def main() -> None:
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    codec = find_codec(cfg)
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    np.random.seed(args.seed)
    steps = np.linspace(0, len(dataset) - 1, args.num).astype(int)
    samples = [
        read_targets(dataset[index], codec)
        for index in dict.fromkeys(steps.tolist())
    ]
    links = dataset.metainfo['skeleton_links']
    draw_targets(samples, links, codec.num_parts).savefig(args.out, dpi=110)
    rows = sum(len(sample.parts) for sample in samples)
    print(f'{args.out}: {len(samples)} pictures, {rows} rows of displacements')


if __name__ == '__main__':
    sys.exit(run_command(main))
