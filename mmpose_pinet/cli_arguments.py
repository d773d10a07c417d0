"""Arguments of the commands that have many, apart from `cli.py`."""
from argparse import ArgumentParser

from .command_line import count, number, output_folder


def add_report_arguments(parser: ArgumentParser) -> None:
    """Add those of ``pinet report``."""
    parser.add_argument('config', help="a config's path or name")
    parser.add_argument(
        'files',
        nargs='+',
        metavar='FILE',
        help='what `pinet test --dump` wrote (.pkl) or COCO results (.json); '
        'two are shown side by side')
    parser.add_argument(
        '--out',
        type=output_folder,
        required=True,
        help='the folder to write to')
    parser.add_argument(
        '--labels',
        nargs='+',
        default=[],
        help="names of the runs (default: the files' names)")
    parser.add_argument(
        '--other-config',
        nargs=1,
        default=[],
        metavar='CONFIG',
        help="of the second file's test, where it scores poses of a dump in "
        'another way')
    parser.add_argument(
        '--num-images',
        type=count,
        default=100,
        help='how many pictures, at even steps of crowding (default: 100)')
    parser.add_argument(
        '--score-thr',
        type=number,
        help='the least score of a pose that is drawn (default: 0.1, of a '
        'PINet+ 0.3)')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='keys of the config to set, as in train and test')
