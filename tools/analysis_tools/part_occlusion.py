"""How often the parts of each partition are occluded (Fig. 3b).

A part is occluded when none of its joints is visible (v = 2): covered,
outside the image or unlabelled. Persons with a labelled joint count, crowd
regions do not. Small parts have fewer joints that could be seen, so by this
rule finer partitions have larger shares. The paper says that its figure shows
finer ones as more robust; of its own rule it tells no more than that "a
partition without any visible parts" is occluded.

The partitions are those that have names, on 17 or on 14 joints. For people
with other joints, or other parts, name configs that have them.
"""
import argparse
import json
import sys
from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import matplotlib
import numpy as np
import torch
from mmpose.registry import MODELS

from mmpose_pinet.apis.configs import load_config
from mmpose_pinet.apis.zoo import find_config
from mmpose_pinet.codecs.partitions import PARTITIONS, Parts
from mmpose_pinet.command_line import output_drawing, run_command
from mmpose_pinet.datasets.metainfo import skeleton_of

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402


class Occlusion(NamedTuple):
    """What is found in a file.

    Attributes:
        label (str): The file's name.
        persons (int): With a labelled joint.
        shares (dict[str, float]): Of occluded parts, between 0 and 1, by the
            partition's name.
    """
    label: str
    persons: int
    shares: Dict[str, float]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'annotations',
        nargs='+',
        metavar='ANN',
        help='keypoint file in COCO format')
    parser.add_argument(
        '--config',
        nargs='+',
        type=find_config,
        help='of PINets: their partitions in place of those with names')
    parser.add_argument(
        '--out', type=output_drawing, help='picture to draw the shares to')
    return parser.parse_args()


def read_visibility(path: str) -> np.ndarray:
    """Read the visibility of the joints of all persons with a labelled one.

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


def named_partitions(num_keypoints: int) -> Dict[str, Parts]:
    """Look up the partitions that have names.

    Args:
        num_keypoints (int): K.

    Returns:
        dict[str, list[list[int]]]: Keypoint indices of the parts, by name.

    Raises:
        ValueError: If no skeleton has K keypoints.
    """
    try:
        return PARTITIONS[skeleton_of(num_keypoints)]
    except ValueError as error:
        raise ValueError(f'{error}: pass the config of a PINet whose '
                         'model.head.decoder.parts divides its people, as '
                         '--config') from error


def config_partitions(paths: Sequence[str],
                      num_keypoints: int) -> Dict[str, Parts]:
    """Read the partitions of configs.

    Args:
        paths (list[str]): Of PINets.
        num_keypoints (int): K of the people to be divided.

    Returns:
        dict[str, list[list[int]]]: Keypoint indices of the parts, by the
        partition's name, or the config's if it has none.

    Raises:
        ValueError: If a config has no parts, or those of people with another
            number of keypoints.
    """
    partitions = {}
    for path in paths:
        cfg = load_config(path).model.get('head', {})
        parts = cfg.get('decoder', {}).get('parts')
        if parts is None:
            raise ValueError(f'{path} has no model.head.decoder.parts: name '
                             'the config of a PINet')
        with torch.device('meta'):
            head = MODELS.build(cfg)
        if head.num_keypoints != num_keypoints:
            raise ValueError(
                f'its persons have {num_keypoints} keypoints, but the model '
                f'of {path} has {head.num_keypoints}')
        name = parts if isinstance(parts, str) else Path(path).stem
        partitions[name] = head.decoder.parts
    return partitions


def occluded_shares(visibility: np.ndarray,
                    partitions: Dict[str, Parts]) -> Dict[str, float]:
    """Count the occluded parts of each partition.

    Args:
        visibility (np.ndarray): (N, K), 2 where visible.
        partitions (dict[str, list[list[int]]]): Keypoint indices of parts.

    Returns:
        dict[str, float]: Shares between 0 and 1, by the partition's name.
    """
    visible = visibility == 2
    return {
        name: 1 - np.mean([visible[:, part].any(1) for part in parts])
        for name, parts in partitions.items()
    }


def format_table(files: List[Occlusion]) -> str:
    """Write a row a file: persons, and the shares in per cent."""
    names = list(files[0].shares)
    rows = [['', 'persons', *names]] + [[
        file.label,
        str(file.persons), *(f'{file.shares[name]:.1%}' for name in names)
    ] for file in files]
    first, *widths = (max(map(len, column)) for column in zip(*rows))
    return '\n'.join(f'{label:<{first}}' +
                     ''.join(f'  {cell:>{width}}'
                             for cell, width in zip(cells, widths))
                     for label, *cells in rows)


def plot(files: List[Occlusion], out: str) -> None:
    """Draw a bar for each file in each partition."""
    names = list(files[0].shares)
    figure, axes = plt.subplots(figsize=(7, 4), layout='constrained')
    width = 0.8 / len(files)
    for i, file in enumerate(files):
        left = np.arange(len(names)) + (i - (len(files) - 1) / 2) * width
        bars = axes.bar(
            left, [100 * file.shares[name] for name in names],
            width,
            label=file.label)
        axes.bar_label(bars, fmt='%.0f', fontsize=8)
    axes.set_xticks(range(len(names)), names)
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
            num_keypoints = visibility.shape[1]
            partitions = (
                config_partitions(args.config, num_keypoints)
                if args.config else named_partitions(num_keypoints))
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from error
        files.append(
            Occlusion(
                Path(path).stem, len(visibility),
                occluded_shares(visibility, partitions)))
    print(format_table(files))
    if args.out:
        plot(files, args.out)
        print(f'drawn to {args.out}')


if __name__ == '__main__':
    sys.exit(run_command(main))
