"""Time and memory of a PINet beside SPR, AE, HigherHRNet, CID, DEKR and RTMO.

All in one run, in turns, on people who are drawn into images of noise.
Ratios are theirs over ours: above 1 where ours takes less.

targets   training targets of one image, against SPR
decode    from features to persons, against bare matrix products
image     one image end to end, against each of them but SPR
pictures  files to persons, against MMPoseInferencer on the same model
training  one training step, against a head with dense displacements
deploy    exported files on their engines, on the CPU, against PyTorch
"""
import argparse
import json
import os
import platform
import sys
from pathlib import Path
from textwrap import fill

import mmpose_pinet  # before MMPose, for environments without ops

# isort: split
import cv2
import mmcv
import mmpose
import torch
from benchmarks import decode, deploy, image, pictures, targets, training
from benchmarks.models import Setting, load_config
from benchmarks.table import format_table
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope

from mmpose_pinet.apis.devices import find_device
from mmpose_pinet.apis.zoo import find_config
from mmpose_pinet.command_line import count, output_file, run_command

SECTIONS = dict(
    targets=targets.run,
    decode=decode.run,
    image=image.run,
    pictures=pictures.run,
    training=training.run,
    deploy=deploy.run)
WIDTH = 100  # of a terminal, in columns
NOTES = ('Weights are random. So that there is something to decode, drawn '
         'people replace what heads say of where people are, at no cost to '
         'what comes before and after. Training memory is what PyTorch '
         'holds above what it held before the step. Peers run as their own '
         'configs say, with the backbone of this one; deformable convolutions '
         "are PyTorch's where mmcv has no compiled ops. HigherHRNet is "
         'this package\'s, with the fast test of its estimator. RTMO alone '
         'has a backbone of its own, 5/4 of the sides (640 px for 512, as '
         'published) and no flip test: ours has none in its rows. The '
         "authors' release is its three passes of the backbone, without what "
         'follows them. Ratios are theirs over ours.')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--config', type=find_config, required=True, help='of a PINet')
    parser.add_argument(
        '--device', type=find_device, default='cpu', help='cpu, cuda, cuda:1')
    parser.add_argument(
        '--shape',
        type=int,
        nargs=2,
        default=[512, 512],
        metavar=('H', 'W'),
        help='of the images, in px')
    parser.add_argument(
        '--batch', type=count, default=1, help='images in a training batch')
    parser.add_argument(
        '--threads',
        type=count,
        default=1,
        help='of the CPU, in each operation')
    parser.add_argument(
        '--repeats', type=count, default=9, help='the median is of so many')
    parser.add_argument(
        '--amp',
        nargs='+',
        choices=training.AMP,
        default=[],
        help='train in these types as well')
    parser.add_argument(
        '--only',
        nargs='+',
        choices=SECTIONS,
        default=[name for name in SECTIONS if name != 'deploy'],
        help='sections to run (default: all but deploy, which needs the '
        'engines)')
    parser.add_argument('--out', type=output_file, help='JSON file')
    args = parser.parse_args()
    if min(args.shape) < 128 or any(side % 32 for side in args.shape):
        parser.error(f'--shape is {args.shape}: it starts at 128 128, in '
                     'steps of 32')
    if 'fp16' in args.amp and args.device.type == 'cpu':
        parser.error('--amp fp16 needs --device cuda: take bf16 on the CPU')
    return args


def environment(args: argparse.Namespace) -> dict:
    """Name what numbers depend on beside the code; ``load`` is that of the
    last minute: above 0.3 or so, others use the machine as well."""
    device = args.device
    name = f'{os.cpu_count()} CPU cores'
    if device.type == 'cuda':
        name = torch.cuda.get_device_name(device)
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    return dict(
        device=f'{device}, {name}, {memory / 2**30:.0f} GiB of memory',
        threads=args.threads,
        load=f'{os.getloadavg()[0]:.1f}',
        python=platform.python_version(),
        torch=torch.__version__,
        mmcv=mmcv.__version__,
        mmpose=mmpose.__version__,
        mmpose_pinet=mmpose_pinet.__version__)


def main() -> None:
    args = parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    init_default_scope('mmpose')
    MMLogger.get_current_instance().setLevel('WARNING')
    cfg = load_config(args.config, tuple(args.shape))
    setting = Setting(cfg, args.device, tuple(args.shape), args.batch,
                      args.repeats, tuple(args.amp))
    versions = environment(args)  # the load before it makes its own
    rows = [row for name in args.only for row in SECTIONS[name](setting)]

    size = ' x '.join(map(str, args.shape))
    for line in (f'{args.config} at {size} px, median of {args.repeats}',
                 ', '.join(f'{key} {value}'
                           for key, value in versions.items()), NOTES):
        print(fill(line, WIDTH))
    print(format_table(rows))
    if args.out is not None:
        out = Path(args.out)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(
            json.dumps(
                dict(
                    config=args.config,
                    shape=args.shape,
                    batch=args.batch,
                    repeats=args.repeats,
                    environment=versions,
                    notes=NOTES,
                    rows=[row.to_dict() for row in rows]),
                indent=2))


if __name__ == '__main__':
    sys.exit(run_command(main))
