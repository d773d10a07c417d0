"""Train PINet on a crowd that is drawn, evaluate it, and show what it finds.

Draws training and held-out crowds, trains a slim PINet in two processes, one
for each of two CPU cores, and evaluates one set of weights three ways: coarse
poses alone, with refinement, and with fusion. What MMEngine and the evaluator
say goes to ``demo.log`` in the work dir.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TextIO

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from tqdm import tqdm

from mmpose_pinet.apis.configs import ConfigOptions
from mmpose_pinet.apis.configs import load_config as read_config
from mmpose_pinet.command_line import (count, natural, output_folder,
                                       run_command)
from mmpose_pinet.datasets.drawn import draw_crowd, find_damage
from mmpose_pinet.system.parent import end_with_parent
from mmpose_pinet.visualization import draw_predictions

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / 'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'

# the same weights with parts of the network left out
NO_FUSION = {'model.head.post_processor.fuse': False}
VARIANTS = {
    'PPG': {
        'model.head.refinement': None,
        **NO_FUSION
    },
    'PPG + PR': NO_FUSION,
    'PPG + PR + PF': {},
}
COLUMNS = {
    'AP': 'AP',
    'AP50': 'AP .5',
    'AP75': 'AP .75',
    'AP easy': 'AP(E)',
    'AP medium': 'AP(M)',
    'AP hard': 'AP(H)',
}
# MMEngine's line on training steps
STEP = re.compile(
    r'Epoch\(train\) +\[(\d+)\]\[ *(\d+)/(\d+)\].* loss: (\d+\.\d+)')
LINES_OF_AN_ERROR = 30


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--work-dir', type=output_folder, default='work_dirs/demo')
    parser.add_argument(
        '--data-root', type=output_folder, default='data/drawn_crowd')
    parser.add_argument('--num-train', type=count, default=2000)
    parser.add_argument('--num-val', type=count, default=200)
    parser.add_argument(
        '--seed',
        type=natural,
        default=0,
        help='of the training, not the images')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        default={},
        help='changes to the config, key=value')
    return parser.parse_args()


def progress_bar(stage: str, total: int, **kwargs) -> tqdm:
    """Show one line for a stage; in a file, it is renewed now and then."""
    return tqdm(
        desc=f'{stage:<26}',
        total=total,
        mininterval=0.5 if sys.stderr.isatty() else 60,
        bar_format='{desc} {percentage:3.0f}% '
        '[{elapsed}<{remaining}{postfix}]',
        **kwargs)


def load_config(args: argparse.Namespace, options: dict) -> Config:
    """Load the demo's config, on the drawn data."""
    loaders = ('train_dataloader', 'val_dataloader', 'test_dataloader')
    return read_config(
        CONFIG, {
            'work_dir': args.work_dir,
            'randomness.seed': args.seed,
            **{
                f'{loader}.dataset.data_root': args.data_root
                for loader in loaders
            },
            **args.cfg_options,
            **options
        })


def draw_data(args: argparse.Namespace) -> None:
    """Draw both crowds, unless they are there and whole."""
    sets = dict(train=(args.num_train, 0), val=(args.num_val, 1))
    for split, (number, seed) in sets.items():
        ann_file = Path(args.data_root) / f'annotations/{split}.json'
        damage = find_damage(args.data_root, number, split)
        if damage is None:
            print(f'{ann_file} is there with {number} images: not drawn again')
            continue
        if ann_file.exists():
            print(f'{damage}: drawn again')
        draw_crowd(
            args.data_root,
            number,
            split=split,
            seed=seed,
            # a few images are drawn sooner than processes start
            num_workers=1 if number <= 200 else None,
            progress=lambda images: progress_bar(
                f'drawing {number} images', number, iterable=images))


def train(args: argparse.Namespace, log_file: Path) -> str:
    """Train in two processes.

    Returns:
        str: The last checkpoint.

    Raises:
        SystemExit: If training fails, with the end of the log.
    """
    cfg = load_config(args, {})
    # the three evaluations come when training is done
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    config = Path(args.work_dir) / 'demo_config.py'
    cfg.dump(config)
    training = subprocess.Popen(
        [
            sys.executable, '-m', 'torch.distributed.run', '--standalone',
            '--nproc_per_node=2', ROOT / 'tools/train.py', config,
            '--launcher', 'pytorch'
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors='replace',
        # torchrun ends its processes when it is asked to end
        preexec_fn=partial(end_with_parent, os.getpid(), signal.SIGTERM),
        env={
            **os.environ,
            # the demo is the same on every machine
            'CUDA_VISIBLE_DEVICES':
            '',
            'OMP_NUM_THREADS':
            '1'
        })
    with training, log_file.open('w') as log:
        follow(training.stdout, log, cfg.train_cfg.max_epochs)
    if training.returncode:
        # what comes after is about processes that failed, not about why
        error, *_ = re.split(r'\n.*failed \(exitcode', log_file.read_text())
        lines = error.splitlines()[-LINES_OF_AN_ERROR:]
        raise SystemExit('\n'.join([
            *lines, 'Training failed: the error stands above, all of it in '
            f'{log_file}'
        ]))
    return (Path(args.work_dir) / 'last_checkpoint').read_text().strip()


def follow(lines: TextIO, log: TextIO, epochs: int) -> None:
    """Write a training's lines to the log, and show how far it is."""
    with progress_bar('training', 100 * epochs) as bar:
        for line in lines:
            log.write(line)
            log.flush()
            step = STEP.search(line)
            if step:
                epoch, iteration, length = map(int, step.groups()[:3])
                bar.set_postfix_str(
                    f'epoch {epoch} of {epochs}, loss {step[4]}',
                    refresh=False)
                done = round(100 * (epoch - 1 + iteration / length))
                bar.update(done - bar.n)
        if bar.n:  # the last steps may go by without a line
            bar.update(bar.total - bar.n)


class ProgressHook(Hook):
    """Move a bar on with each tested batch."""

    def __init__(self, bar: tqdm) -> None:
        self.bar = bar

    def after_test_iter(self, runner, batch_idx, data_batch, outputs):
        """Count the batch's images."""
        self.bar.update(len(outputs))


def evaluate(args: argparse.Namespace, checkpoint: str,
             log_file: Path) -> dict:
    """Measure the AP of each variant on the held-out crowd."""
    table = {}
    for name, options in VARIANTS.items():
        cfg = load_config(args, options)
        cfg.load_from = checkpoint
        cfg.experiment_name = f'demo_{len(table)}'
        with progress_bar(f'evaluating {name}', args.num_val) as bar:
            with log_file.open('a') as log, redirect_stdout(
                    log), redirect_stderr(log):
                runner = Runner.from_cfg(cfg)
                runner.register_hook(ProgressHook(bar))
                metrics = runner.test()
        by_name = {key.split('/')[-1]: value for key, value in metrics.items()}
        table[name] = {
            column: round(float(by_name[metric]), 4)
            for column, metric in COLUMNS.items()
        }
    return table


def format_table(table: dict) -> str:
    """Format the table for a terminal."""
    width = max(map(len, table)) + 2
    lines = [' ' * width + ''.join(f'{c:>11}' for c in COLUMNS)]
    for name, row in table.items():
        lines.append(f'{name:<{width}}' + ''.join(f'{row[c]:>11.3f}'
                                                  for c in COLUMNS))
    return '\n'.join(lines)


def main() -> None:
    args = parse_args()
    load_config(args, {})  # wrong options end it here, before the drawing
    work_dir = Path(args.work_dir)
    work_dir.mkdir(parents=True, exist_ok=True)
    log_file = work_dir / 'demo.log'
    draw_data(args)
    checkpoint = train(args, log_file)
    table = evaluate(args, checkpoint, log_file)
    metrics_file = work_dir / 'metrics.json'
    metrics_file.write_text(json.dumps(table, indent=2))
    picture = work_dir / 'predictions.png'
    with log_file.open('a') as log, redirect_stdout(log), redirect_stderr(log):
        MMLogger.get_current_instance().setLevel('ERROR')
        draw_predictions(load_config(args, {}), checkpoint, picture)

    print(f'\nThe held-out crowd ({args.num_val} drawn images)\n')
    print(format_table(table))
    print(f'\nWritten: {metrics_file}, {picture}, {log_file}')


if __name__ == '__main__':
    sys.exit(run_command(main))
