"""Draw the named partitions of the body into one picture (Fig. 3)."""
import argparse
import sys

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes

from mmpose_pinet.codecs.partitions import PARTITIONS, Parts
from mmpose_pinet.codecs.skeletons import get_links
from mmpose_pinet.command_line import output_drawing, run_command

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

# A standing person seen from the front: the left side is on the right.
STICK_FIGURES = {
    'coco':
    np.array([[0, 74], [3, 77], [-3, 77], [7, 75], [-7, 75], [11, 62],
              [-11, 62], [17, 48], [-17, 48], [21, 35], [-21, 35], [8, 36],
              [-8, 36], [9, 19], [-9, 19], [10, 2], [-10, 2]]),
    'crowdpose':
    np.array([[11, 62], [-11, 62], [17, 48], [-17, 48], [21, 35], [-21, 35],
              [8, 36], [-8, 36], [9, 19], [-9, 19], [10, 2], [-10, 2], [0, 83],
              [0, 67]])
}
TITLES = dict(coco='COCO, OCHuman', crowdpose='CrowdPose')
# the figure's legs are 17 long, from knee to ankle
RADIUS = 3.5


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--out',
        type=output_drawing,
        default='docs/partitions.png',
        help='picture to write')
    return parser.parse_args()


def outline(joints: np.ndarray) -> np.ndarray:
    """Compute the rim of a band around joints.

    Args:
        joints (np.ndarray): (n, 2) of one part.

    Returns:
        np.ndarray: (m, 2) corners of a convex polygon.
    """
    angles = np.linspace(0, 2 * np.pi, 33)
    circle = RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    rim = (joints[:, None] + circle).reshape(-1, 2)
    return cv2.convexHull(rim.astype(np.float32))[:, 0]


def draw_parts(axes: Axes, parts: Parts, skeleton: str) -> None:
    """Draw a stick figure, its parts in colour and their part points."""
    joints = STICK_FIGURES[skeleton]
    for link in get_links(skeleton, len(joints)):
        axes.plot(*joints[list(link)].T, color='0.7', linewidth=1.5, zorder=1)
    axes.plot(*joints.T, 'o', color='0.4', markersize=2.5, zorder=2)
    colours = plt.get_cmap('tab10' if len(parts) <= 10 else 'tab20').colors
    for part, colour in zip(parts, colours):
        axes.fill(*outline(joints[part]).T, color=colour, alpha=0.35, zorder=3)
        axes.plot(
            *joints[part].mean(0),
            '*',
            color=colour,
            markersize=9,
            markeredgecolor='black',
            markeredgewidth=0.5,
            zorder=4)
    axes.set_aspect('equal')
    axes.set(xlim=(-28, 28), ylim=(-4, 90), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)


def main() -> None:
    out = parse_args().out
    figure, grid = plt.subplots(
        len(PARTITIONS), 5, figsize=(8.5, 6), dpi=80, layout='constrained')
    for row, (skeleton, partitions) in zip(grid, PARTITIONS.items()):
        row[0].set_ylabel(TITLES[skeleton])
        for axes, (name, parts) in zip(row, partitions.items()):
            draw_parts(axes, parts, skeleton)
            plural = 's' if len(parts) > 1 else ''
            axes.set_title(f'{name}: {len(parts)} part{plural}', fontsize=9)
    figure.savefig(out)
    print(f'{out}: the partitions of {", ".join(PARTITIONS)}')


if __name__ == '__main__':
    sys.exit(run_command(main))
