"""The command ``pinet``: thin, over ``mmpose_pinet.apis``.

PyTorch and MMPose are imported by the command that needs them: `pinet predict`
with an exported file works where they are not installed.
"""
import argparse
import logging
import sys
from functools import partial
from pathlib import Path
from typing import List, Optional

from .cli_arguments import add_report_arguments
from .command_line import (count, natural, number, output_file, output_folder,
                           run_command)
from .version import __version__

# Their arguments are those of MMPose's scripts, which tell about them.
SCRIPTS = dict(train='train.py', test='test.py')

# Not installed by `pip install mmpose_pinet[deploy]`. Where only one of torch
# and mmpose is missing, importing the package has told so.
TRAINING = ('torch', 'mmpose', 'mmengine', 'mmcv', 'yaml')


def main(argv: Optional[List[str]] = None) -> int:
    """Run the command.

    Args:
        argv (list[str], optional): Its arguments, by default the process's.

    Returns:
        int: 0, 2 after an error that the arguments explain, told in one line
        on stderr, or what a command says of its findings.
    """
    argv = sys.argv[1:] if argv is None else argv
    # what other scripts make of an empty argument is theirs to say
    own = argv[:2] if argv[:1] == ['run'] else argv
    return run_command(partial(_run, argv), 'pinet', own)


def _run(argv: List[str]) -> Optional[int]:
    args = _parser().parse_args(argv)
    try:
        return args.run(args)
    except ImportError as error:
        if error.name not in TRAINING:
            raise
        raise ImportError(
            f'this needs {error.name}, which is not installed. Without '
            'PyTorch and MMPose, `pinet predict` with a file of `pinet '
            'export` works') from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='pinet',
        description='PINet: poses of people in crowded pictures.',
        epilog='pinet COMMAND --help tells about a command.')
    parser.add_argument('--version', action='version', version=__version__)
    commands = parser.add_subparsers(
        title='commands', metavar='COMMAND', required=True)

    def command(name: str, run, summary: str, example: str):
        added = commands.add_parser(
            name,
            help=summary,
            description=f'{summary[0].upper()}{summary[1:]}.',
            epilog=f'example:\n  pinet {name} {example}',
            formatter_class=argparse.RawDescriptionHelpFormatter)
        added.set_defaults(run=run)
        return added

    _add_predict_arguments(
        command(
            'predict', _predict, 'find, draw and write down the persons of '
            'pictures', 'photographs/ --model pinet_hrnet-w32_ochuman '
            '--weights ochuman.pth'))
    for name, what in (('train', 'train a model'), ('test', 'test a model')):
        script = command(
            name, _run_script,
            f"{what}, by MMPose's tools/{name}.py and its arguments",
            'pinet_hrnet-w32_ochuman --help')
        script.add_argument('config', help="a config's path or name")
        script.add_argument(
            'arguments',
            nargs=argparse.REMAINDER,
            help=f"further arguments of MMPose's tools/{name}.py")
        script.set_defaults(script=SCRIPTS[name])
    script = command('run', _run_script,
                     "run one of MMPose's scripts with PINet "
                     'registered', 'analysis_tools/get_flops.py CONFIG')
    script.add_argument('script', help='such as demo/inferencer_demo.py')
    script.add_argument(
        'arguments', nargs=argparse.REMAINDER, help='its arguments')
    convert = command('convert', _convert,
                      "convert a checkpoint of the authors' release",
                      'checkpoint.pth.tar ochuman.pth')
    convert.add_argument('source', help="the authors' file")
    convert.add_argument('target', type=output_file, help='the file to write')
    _add_export_arguments(
        command(
            'export', _export, 'write a trained model to an ONNX file, which '
            'runs without PyTorch', 'pinet_hrnet-w32_ochuman ochuman.pth '
            '--out ochuman.onnx'))
    add_report_arguments(
        command(
            'report', _report, 'write a page about poses of a test: numbers, '
            'errors, pictures', 'pinet_hrnet-w32_ochuman poses.pkl --out '
            'report'))
    check = command('check-data', _check_data,
                    'look for mistakes in a config and its data',
                    'my_config.py')
    check.add_argument('config', help="a config's path or name")
    check.add_argument(
        '--cfg-options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='keys of the config to set, as in train and test')
    command('models', _models, 'list the configs that come along', '')
    return parser


def _add_predict_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'source',
        help="a picture, a folder, a pattern in quotes ('a/**/*.jpg'), a "
        "video, or a webcam's number (Ctrl-C ends it)")
    parser.add_argument(
        '--model',
        required=True,
        help="a config's path or name, or an exported file (.onnx)")
    parser.add_argument(
        '--weights', help="a config's (default: its load_from)")
    parser.add_argument(
        '--out',
        type=output_folder,
        default='poses',
        help='the folder to write drawings and JSON to (default: poses)')
    parser.add_argument(
        '--score-thr',
        type=number,
        help='the least score of a person (default: 0.1, of a PINet+ 0.3, or '
        'what an exported file tells)')
    parser.add_argument(
        '--batch-size',
        type=count,
        default=1,
        help='how many pictures run together (default: 1)')
    parser.add_argument(
        '--smooth',
        action='store_true',
        help="keypoints of a video pass a one-euro filter")
    parser.add_argument(
        '--max-missed',
        type=natural,
        default=25,
        help='in so many frames of a video a person may not be found and '
        'keeps its identity (default: 25)')
    parser.add_argument(
        '--device', help='such as cpu or cuda:0 (default: a GPU if there is)')
    parser.add_argument(
        '--precision',
        choices=['fp32', 'bf16', 'fp16'],
        help="what the processor must have instructions for (default: the "
        "config's test_cfg.precision, or fp32)")
    parser.add_argument(
        '--engine',
        choices=['onnxruntime', 'openvino'],
        help='what runs an exported file (default: openvino, if installed)')
    parser.add_argument(
        '--threads',
        type=count,
        help='of an exported file (default: what the engine takes)')


def _add_export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('config', help="a config's path or name")
    parser.add_argument('checkpoint', help='the file of its weights')
    parser.add_argument(
        '--out', type=output_file, required=True, help='the file to write')
    # not BooleanOptionalAction, which Python 3.8 lacks
    parser.add_argument(
        '--flip',
        action='store_true',
        default=None,
        help='mirrored pictures pass as well (default: as the config tests)')
    parser.add_argument(
        '--no-flip',
        dest='flip',
        action='store_false',
        help='they do not: in half the time, a little less accurate')
    parser.add_argument(
        '--score-thr',
        type=number,
        help='the least score of a person, where the reader of the file '
        'names none (default: 0.1, of a PINet+ 0.3)')
    parser.add_argument(
        '--int8',
        action='store_true',
        help='the backbone computes in 8-bit integers; needs --calibration')
    parser.add_argument(
        '--calibration',
        metavar='FOLDER',
        help='pictures of the kind that the file is going to see, which tell '
        '--int8 how large values become')


def _predict(args: argparse.Namespace) -> None:
    from .apis import PINet
    from .apis.predict import predict

    # the engine of an exported file, in a line
    logging.basicConfig(format='%(message)s')
    logging.getLogger('mmpose_pinet').setLevel(logging.INFO)
    model = PINet(args.model, args.weights, args.device, args.score_thr,
                  args.precision, args.engine, args.threads)
    source = int(args.source) if args.source.isdecimal() else args.source
    pictures = persons = 0
    ids = set()
    for result in predict(model, source, args.out, args.batch_size,
                          args.smooth, args.max_missed):
        pictures += 1
        persons += len(result)
        if result.ids is not None:
            ids.update(result.ids.tolist())
            persons = len(ids)
    if pictures == 1:
        print(f'{result}, written to {args.out}')
    else:
        print(f'{persons} persons in {pictures} pictures, written to '
              f'{args.out}')


def _run_script(args: argparse.Namespace) -> None:
    from .apis.mmpose_scripts import run_script

    config = [args.config] if 'config' in args else []
    run_script(args.script, config + args.arguments)


def _convert(args: argparse.Namespace) -> None:
    from .apis.convert import convert_file

    print(convert_file(args.source, args.target))


def _export(args: argparse.Namespace) -> None:
    if args.int8 != (args.calibration is not None):
        raise ValueError('--int8 and --calibration FOLDER go together: '
                         'pictures tell how large values become')
    from .apis.export_model import export_model

    metadata = export_model(args.config, args.checkpoint, args.out, args.flip,
                            args.score_thr, args.calibration)
    size = Path(args.out).stat().st_size / 1e6
    views = 'both views' if metadata.flip_test else 'one view'
    numbers = 'int8' if metadata.quantized else 'fp32'
    print(f'{args.out}: {size:.0f} MB, {numbers}, '
          f'{len(metadata.keypoint_names)} keypoints, {views}, '
          f'{metadata.max_candidates} candidates')


def _report(args: argparse.Namespace) -> None:
    from .apis.configs import load_config, read_options
    from .visualization.report import write_report

    options = read_options(args.cfg_options, 'pinet report')
    names = args.config, *args.other_config
    config, *other = (load_config(name, options) for name in names)
    page = write_report(config, args.files, args.out, args.labels,
                        args.num_images, args.score_thr, *other)
    print(f'{page}: open it in a browser')


def _check_data(args: argparse.Namespace) -> int:
    from .apis import check_data
    from .apis.configs import read_options

    options = read_options(args.cfg_options, 'pinet check-data')
    return check_data.main(args.config, options)


def _models(args: argparse.Namespace) -> None:
    from .apis.zoo import models

    row = '{:<46}{:<20}{:>14}'.format
    print(row('NAME', 'TESTED ON', "THE PAPER'S AP"))
    for model in models():
        for result in model.get('Results', [{}]):
            average = result.get('Metrics', {}).get('AP (paper)')
            paper = '' if average is None else f'{100 * average:.1f}'
            line = row(model['Name'], result.get('Dataset', ''), paper)
            print(line.rstrip())
