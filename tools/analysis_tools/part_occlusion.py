"""How often the parts of each partition are occluded (Fig. 3b).

A part is occluded when none of its joints is visible (v = 2): covered,
outside the image or unlabelled. Persons with a labelled joint count, crowd
regions do not. Small parts have fewer joints that could be seen, so by this
rule finer partitions have larger shares. The paper says that its figure shows
finer ones as more robust; of its own rule it tells no more than that "a
partition without any visible parts" is occluded.
"""
import argparse
import json
from pathlib import Path
from typing import Dict, List, Tuple

import matplotlib
import numpy as np

from mmpose_pinet.codecs.partitions import PARTITIONS
from mmpose_pinet.datasets.metainfo import skeleton_of

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

NAMES = list(PARTITIONS['coco'])  # the same on every skeleton
Shares = Dict[str, float]
File = Tuple[str, int, Shares]  # name, persons


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'annotations',
        nargs='+',
        metavar='ANN',
        help='keypoint file in COCO format, of 17 or of 14 joints')
    parser.add_argument('--out', help='picture to draw the shares to')
    return parser.parse_args()


def read_visibility(path: str) -> np.ndarray:
    """Visibility of the joints of all persons with a labelled one.

    Args:
        path (str): Keypoint file in COCO format.

    Returns:
        np.ndarray: (N, K) of 0 (unlabelled), 1 (occluded) and 2 (visible).

    Raises:
        ValueError: If the file has no such persons, or is of another kind.
        OSError: If it cannot be read.
    """
    try:
        annotations = json.loads(Path(path).read_text())['annotations']
        rows = [
            ann['keypoints'][2::3] for ann in annotations
            if not ann.get('iscrowd', 0)
        ]
        visibility = np.array([row for row in rows if any(row)], dtype=int)
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ValueError('it is no keypoint file in COCO format '
                         f'({type(error).__name__}: {error})') from error
    if not len(visibility):
        raise ValueError('it has no person with a labelled keypoint')
    return visibility


def occluded_shares(visibility: np.ndarray) -> Shares:
    """Share of occluded parts of each partition.

    Args:
        visibility (np.ndarray): (N, K), 2 where visible.

    Returns:
        dict[str, float]: Between 0 and 1 by the partition's name.

    Raises:
        ValueError: If no skeleton has K keypoints.
    """
    visible = visibility == 2
    partitions = PARTITIONS[skeleton_of(visible.shape[1])]
    return {
        name: 1 - np.mean([visible[:, part].any(1) for part in parts])
        for name, parts in partitions.items()
    }


def format_table(files: List[File]) -> str:
    """A row a file: persons, and the shares in per cent."""
    width = max(len(label) for label, *_ in files)
    lines = [
        f'{"":<{width}}  {"persons":>7}' + ''.join(f'  {name:>10}'
                                                   for name in NAMES)
    ]
    for label, persons, shares in files:
        lines.append(f'{label:<{width}}  {persons:>7}' +
                     ''.join(f'  {shares[name]:>10.1%}' for name in NAMES))
    return '\n'.join(lines)


def plot(files: List[File], out: str) -> None:
    """A bar for each file in each partition."""
    figure, axes = plt.subplots(figsize=(7, 4), layout='constrained')
    width = 0.8 / len(files)
    for i, (label, _, shares) in enumerate(files):
        left = np.arange(len(NAMES)) + (i - (len(files) - 1) / 2) * width
        bars = axes.bar(
            left, [100 * shares[n] for n in NAMES], width, label=label)
        axes.bar_label(bars, fmt='%.0f', fontsize=8)
    axes.set_xticks(range(len(NAMES)), NAMES)
    axes.set_ylabel('occluded parts (%)')
    axes.legend()
    figure.savefig(out, dpi=150)
    plt.close(figure)


def main() -> None:
    args = parse_args()
    files = []
    for path in args.annotations:
        try:
            visibility = read_visibility(path)
            shares = occluded_shares(visibility)
        except (OSError, ValueError) as error:
            raise SystemExit(f'{path}: {error}') from error
        files.append((Path(path).stem, len(visibility), shares))
    print(format_table(files))
    if args.out:
        plot(files, args.out)
        print(f'drawn to {args.out}')


if __name__ == '__main__':
    main()
