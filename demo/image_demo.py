"""Poses of one picture: python demo/image_demo.py IMAGE CONFIG CKPT.

`pinet predict` does more: folders, videos, JSON.
"""
import argparse
import sys

import cv2

from mmpose_pinet.apis import PINet
from mmpose_pinet.command_line import number, output_file, run_command


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('image', help='picture to look at')
    parser.add_argument('config', help="a config's path or name")
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument(
        '--out',
        type=output_file,
        default='poses.jpg',
        help='picture to write the poses to')
    parser.add_argument('--device', help='a GPU by default, if there is one')
    parser.add_argument(
        '--score-thr',
        type=number,
        help='least score of a person that is drawn (default: 0.1, of a '
        'PINet+ 0.3)')
    args = parser.parse_args()
    if not cv2.haveImageWriter(args.out):
        parser.error(f'--out: {args.out} is no name of a picture, such as '
                     'poses.jpg')
    return args


def main() -> None:
    args = parse_args()
    model = PINet(args.config, args.checkpoint, args.device, args.score_thr)
    result = model(args.image)
    result.plot(path=args.out)
    print(f'{result}, drawn to {args.out}')


if __name__ == '__main__':
    sys.exit(run_command(main))
