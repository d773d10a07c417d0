"""Draws a crowd: images of overlapping people as a COCO keypoint data set."""
import argparse
import json
import sys
from functools import partial

import numpy as np
from tqdm import tqdm

from mmpose_pinet.command_line import (count, name, natural, output_folder,
                                       run_command)
from mmpose_pinet.datasets.crowding import EASY_BELOW, HARD_FROM, max_box_iou
from mmpose_pinet.datasets.drawn import draw_crowd


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw images of overlapping people into OUT/SPLIT, with '
        'OUT/annotations/SPLIT.json in COCO keypoint format.')
    parser.add_argument('out', type=output_folder, help='folder to write to')
    parser.add_argument('--num', type=count, default=2000, help='images')
    parser.add_argument(
        '--split', type=name, default='train', help='name of the set')
    parser.add_argument('--seed', type=natural, default=0)
    parser.add_argument(
        '--image-size', type=count, default=256, help='side of an image in px')
    parser.add_argument(
        '--workers', type=count, help='processes; default: one a core')
    return parser.parse_args()


def summarise(ann_file: str) -> str:
    """Say in one line how crowded a drawn set is.

    Args:
        ann_file (str): As ``draw_crowd`` writes it.
    """
    with open(ann_file) as file:
        content = json.load(file)
    bboxes = {image['id']: [] for image in content['images']}
    for annotation in content['annotations']:
        bboxes[annotation['image_id']].append(annotation['bbox'])
    overlaps = np.array([max_box_iou(np.array(b)) for b in bboxes.values()])
    crowd = np.array([image['crowdIndex'] for image in content['images']])
    easy, hard = crowd < EASY_BELOW, crowd >= HARD_FROM
    return (f'{ann_file}: {len(content["images"])} images, '
            f'{len(content["annotations"])} persons, '
            f'{(overlaps > .5).mean():.0%} with box IoU > 0.5, crowdIndex '
            f'easy {easy.mean():.0%}, medium {(~easy & ~hard).mean():.0%}, '
            f'hard {hard.mean():.0%}')


def main() -> None:
    args = parse_args()
    ann_file = draw_crowd(
        args.out,
        args.num,
        split=args.split,
        seed=args.seed,
        image_size=args.image_size,
        num_workers=args.workers,
        progress=partial(tqdm, total=args.num, desc=args.split, unit='image'))
    print(summarise(ann_file))


if __name__ == '__main__':
    sys.exit(run_command(main))
