"""PINet learns a crowd that is drawn, is evaluated on it, and shows it.

Draws training and held-out crowds, trains a slim PINet through MMEngine's
Runner in two processes, one for each of two CPU cores, and evaluates one set
of weights three ways: coarse poses alone, with refinement, and with fusion.
"""
import argparse
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.runner import Runner
from tqdm import tqdm

from mmpose_pinet.datasets.drawn import draw_crowd
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


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--work-dir', default='work_dirs/demo')
    parser.add_argument('--data-root', default='data/drawn_crowd')
    parser.add_argument('--num-train', type=int, default=2000)
    parser.add_argument('--num-val', type=int, default=200)
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        help='changes to the config, key=value')
    return parser.parse_args()


def load_config(args: argparse.Namespace, options: dict) -> Config:
    """The demo's config, on the drawn data."""
    cfg = Config.fromfile(CONFIG)
    cfg.work_dir = args.work_dir
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        cfg[loader].dataset.data_root = args.data_root
    cfg.merge_from_dict({**args.cfg_options, **options})
    return cfg


def draw_data(args: argparse.Namespace) -> None:
    """Draw both crowds, unless they are there."""
    sets = dict(train=(args.num_train, 0), val=(args.num_val, 1))
    for split, (number, seed) in sets.items():
        ann_file = Path(args.data_root) / f'annotations/{split}.json'
        if ann_file.exists() and len(
                json.loads(ann_file.read_text())['images']) == number:
            print(f'{ann_file} is there with {number} images: not drawn again')
            continue
        draw_crowd(
            args.data_root,
            number,
            split=split,
            seed=seed,
            progress=partial(
                tqdm, total=number, desc=f'drawing {split}', unit='image'))


def train(args: argparse.Namespace) -> str:
    """Train in two processes; returns the last checkpoint."""
    config = Path(args.work_dir) / 'demo_config.py'
    load_config(args, {}).dump(config)
    done = subprocess.run(
        [
            sys.executable, '-m', 'torch.distributed.run', '--standalone',
            '--nproc_per_node=2',
            str(ROOT / 'tools/train.py'),
            str(config), '--launcher', 'pytorch'
        ],
        env={
            **os.environ,
            # the demo is the same on every machine
            'CUDA_VISIBLE_DEVICES':
            '',
            'OMP_NUM_THREADS':
            '1'
        })
    if done.returncode:
        raise SystemExit('Training failed: the error stands above.')
    return (Path(args.work_dir) / 'last_checkpoint').read_text().strip()


def evaluate(args: argparse.Namespace, checkpoint: str) -> dict:
    """AP of each variant on the held-out crowd."""
    table = {}
    for name, options in VARIANTS.items():
        print(f'Evaluating {name} ...')
        cfg = load_config(args, options)
        cfg.load_from = checkpoint
        cfg.log_level = 'WARNING'
        metrics = Runner.from_cfg(cfg).test()
        by_name = {key.split('/')[-1]: value for key, value in metrics.items()}
        table[name] = {
            column: round(float(by_name[metric]), 4)
            for column, metric in COLUMNS.items()
        }
    return table


def format_table(table: dict) -> str:
    """The table for a terminal."""
    width = max(map(len, table)) + 2
    lines = [' ' * width + ''.join(f'{c:>11}' for c in COLUMNS)]
    for name, row in table.items():
        lines.append(f'{name:<{width}}' + ''.join(f'{row[c]:>11.3f}'
                                                  for c in COLUMNS))
    return '\n'.join(lines)


def main() -> None:
    args = parse_args()
    work_dir = Path(args.work_dir)
    work_dir.mkdir(parents=True, exist_ok=True)
    draw_data(args)

    checkpoint = train(args)

    table = evaluate(args, checkpoint)
    metrics_file = work_dir / 'metrics.json'
    metrics_file.write_text(json.dumps(table, indent=2))
    picture = work_dir / 'predictions.png'
    draw_predictions(load_config(args, {}), checkpoint, picture)

    print(f'\nThe held-out crowd ({args.num_val} drawn images)\n')
    print(format_table(table))
    print(f'\nWritten: {metrics_file}, {picture}')


if __name__ == '__main__':
    main()
