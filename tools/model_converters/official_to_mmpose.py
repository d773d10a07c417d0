"""Convert a checkpoint of the authors' release to MMPose's format."""
import argparse

import mmpose_pinet  # noqa: F401  makes MMPose importable
from mmpose_pinet.apis.convert import convert_file


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('src', help="checkpoint of the authors' release")
    parser.add_argument('dst', help='checkpoint to write')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    try:
        print(convert_file(args.src, args.dst))
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error


if __name__ == '__main__':
    main()
