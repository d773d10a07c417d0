"""Convert a checkpoint of the authors' release to MMPose's format."""
import argparse
import sys

import mmpose_pinet  # noqa: F401  makes MMPose importable
from mmpose_pinet.apis.convert import convert_file
from mmpose_pinet.command_line import output_file, run_command


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('src', help="checkpoint of the authors' release")
    parser.add_argument('dst', type=output_file, help='checkpoint to write')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    print(convert_file(args.src, args.dst))


if __name__ == '__main__':
    sys.exit(run_command(main))
