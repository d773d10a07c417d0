"""Draws a crowd that walks: a video of people who cross, and their tracks."""
import argparse
import sys
from functools import partial

from tqdm import tqdm

from mmpose_pinet.command_line import (count, natural, number, output_file,
                                       run_command)
from mmpose_pinet.datasets.drawn import draw_walk


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw a video of people who walk, cross and cover each '
        'other, with their tracks in COCO keypoint format beside it, .json.')
    parser.add_argument(
        'out', type=output_file, help='video to write, such as walk.mp4')
    parser.add_argument('--seconds', type=number, default=4, help='how long')
    parser.add_argument(
        '--rate', type=number, default=25, help='frames a second')
    parser.add_argument('--persons', type=count, default=6)
    parser.add_argument('--seed', type=natural, default=0)
    parser.add_argument(
        '--image-size', type=count, default=256, help='side of a frame in px')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    ann_file = draw_walk(
        args.out,
        args.seconds,
        args.rate,
        args.persons,
        args.seed,
        args.image_size,
        progress=partial(
            tqdm,
            total=round(args.seconds * args.rate),
            desc='drawing',
            unit='frame'))
    print(f'Written: {args.out}, {ann_file}')


if __name__ == '__main__':
    sys.exit(run_command(main))
