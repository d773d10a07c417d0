"""Make weights of one body's keypoints a start for another body's.

Keypoints of the same name keep their weights, and CrowdPose's head top and
neck start as the mean of COCO's eyes and shoulders. A training takes the file
as its load_from.
"""
import argparse
import sys
from typing import Tuple

import mmpose_pinet  # noqa: F401  makes MMPose importable
from mmpose_pinet.apis.transfer import NEAREST, transfer_file
from mmpose_pinet.command_line import output_file, run_command


def near(text: str) -> Tuple[str, list]:
    """Read NAME=A,B."""
    name, equals, sources = text.partition('=')
    if not (name and equals and sources):
        raise argparse.ArgumentTypeError(
            f'{text!r} is not of the kind neck=left_shoulder,right_shoulder')
    return name, sources.split(',')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('src', help='checkpoint of a PINet or PINet+')
    parser.add_argument('dst', type=output_file, help='checkpoint to write')
    parser.add_argument(
        '--source',
        default='coco',
        metavar='BODY',
        help="its body: 'coco', 'crowdpose' or a metainfo file; default coco")
    parser.add_argument(
        '--target',
        default='crowdpose',
        metavar='BODY',
        help='the body to come; default crowdpose')
    parser.add_argument(
        '--nearest',
        nargs='+',
        type=near,
        default=[],
        metavar='NAME=A,B',
        help='what a keypoint starts from that the source has not')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    print(
        transfer_file(args.src, args.dst, args.source, args.target, {
            **NEAREST,
            **dict(args.nearest)
        }))


if __name__ == '__main__':
    sys.exit(run_command(main))
