"""Train and evaluate the rows of Table 1 on whatever data a config names.

Every row has the base config's data, schedule and seed, and differs from it
in what the row says alone. The paper's numbers stand beside what is measured.
A run that was stopped goes on where it was.
"""
import argparse
import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Dict, Iterator, Optional, Sequence

from ablation.report import format_table
from ablation.rows import TABLES, Row, read_rows, row_config
from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import numpy as np
from mmpose.registry import MODELS
from xtcocotools.coco import COCO

from mmpose_pinet.apis.zoo import find_config
from mmpose_pinet.evaluation.crowd_level_metric import image_crowding

TOOLS = Path(__file__).resolve().parents[1]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--base',
        type=find_config,
        required=True,
        help='config of a whole PINet')
    parser.add_argument(
        '--table', required=True, nargs='+', choices=list(TABLES))
    parser.add_argument(
        '--out',
        required=True,
        type=Path,
        help='folder of trainings and tables; tables that share a row train '
        'it once')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--processes',
        type=int,
        default=1,
        help='of a training or test: GPUs, or CPU cores')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        help='changes to the base config, key=value')
    return parser.parse_args()


def load_base(args: argparse.Namespace) -> Config:
    """Load the base config, without what would differ from row to row.

    Rows are judged by their last checkpoint, once: no validation on the way,
    no best checkpoint. The test images are split in halves by
    ``test_evaluator.crowding``.

    Args:
        args (argparse.Namespace): See :func:`parse_args`.

    Returns:
        Config: To train and to test.

    Raises:
        FileNotFoundError: If the annotations of the test are not there.
        ValueError: If no half of their images is more crowded.
    """
    cfg = Config.fromfile(args.base)
    cfg.merge_from_dict(args.cfg_options)
    cfg.randomness = dict(seed=args.seed)
    for key in ('val_cfg', 'val_dataloader', 'val_evaluator'):
        cfg[key] = None
    cfg.default_hooks.checkpoint.pop('save_best', None)
    evaluator = cfg.test_evaluator
    evaluator.type = 'CrowdLevelMetric'
    evaluator.crowding = evaluator.get('crowding', 'mean_iou')
    evaluator.bins = [0, _median_crowding(cfg), 1]
    return cfg


def _median_crowding(cfg: Config) -> float:
    """Find the crowding that half of the test images stay under."""
    dataset = cfg.test_dataloader.dataset
    crowding = cfg.test_evaluator.crowding
    path = Path(dataset.get('data_root', ''), dataset.ann_file)
    if not path.is_file():
        raise FileNotFoundError(
            f'{cfg.filename}: test_dataloader.dataset.ann_file is {path}, '
            'which is not there')
    with redirect_stdout(StringIO()):  # COCO reports that it loads
        coco = COCO(str(path))
    values = list(image_crowding(coco, crowding).values())
    median = round(float(np.median(values)), 3)
    if not 0 < median < 1:
        raise ValueError(
            f'{path}: half of the images have a {crowding} of {median}, so '
            'that no half is more crowded. Name another ann_file, or another '
            'test_evaluator.crowding')
    return median


class AblationRun:
    """Hold the trainings and tests of one folder, each done once.

    ``results.json`` there holds what is done: the last checkpoint of each
    training and the metrics of each test.

    Args:
        base (Config): See :func:`load_base`.
        out (Path): The folder.
        processes (int): Of a training or a test.

    Raises:
        ValueError: If the folder holds rows of another base.
    """

    def __init__(self, base: Config, out: Path, processes: int = 1) -> None:
        self.base, self.out, self.processes = base, out, processes
        self.results_file = out / 'results.json'
        self.results = dict(base=base.pretty_text, trained={}, tested={})
        if self.results_file.exists():
            self.results = json.loads(self.results_file.read_text())
            if self.results['base'] != base.pretty_text:
                raise ValueError(
                    f'{self.results_file} is of another base config, seed or '
                    '--cfg-options: give this run an --out of its own')

    def row(self, row: Row) -> Optional[Dict[str, float]]:
        """Train and test a row, unless that is done.

        Args:
            row (Row): The row.

        Returns:
            dict[str, float], optional: Its metrics; None if this machine
            cannot build its model.

        Raises:
            SystemExit: If its training or test fails.
        """
        tested = self.results['tested']
        if row.key not in tested:
            cfg = row_config(self.base, row)
            try:
                MODELS.build(cfg.model)
            except ImportError as error:  # DEKR without mmcv's ops
                print(f'{row.name}: left out. {error}')
                return None
            folder = self.out / row.training
            if row.training not in self.results['trained']:
                self._launch('train.py', cfg, folder, '--resume')
                last = (folder / 'last_checkpoint').read_text().strip()
                self._keep('trained', row.training, last)
            folder = self.out / f'{row.key}_test'
            self._launch('test.py', cfg, folder,
                         self.results['trained'][row.training])
            metrics = sorted(folder.glob('*/*.json'))[-1]
            self._keep('tested', row.key, json.loads(metrics.read_text()))
        return tested[row.key]

    def _keep(self, kind: str, key: str, value) -> None:
        self.results[kind][key] = value
        scratch = self.results_file.with_suffix('.tmp')
        scratch.write_text(json.dumps(self.results, indent=2))
        scratch.replace(self.results_file)  # whole or not at all

    def _launch(self, script: str, cfg: Config, folder: Path, *arguments:
                str) -> None:
        """Run a script; its output goes to a file, progress is printed."""
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / 'config.py'
        cfg.dump(config)
        command = [sys.executable]
        launcher = []
        if self.processes > 1:
            command += [
                '-m', 'torch.distributed.run', '--standalone',
                f'--nproc_per_node={self.processes}'
            ]
            launcher = ['--launcher', 'pytorch']
        command += [TOOLS / script, config, *arguments, '--work-dir', folder]
        log = folder / f'{Path(script).stem}.log'
        print(f'{script} {config}, all of it in {log}')
        with log.open('w') as file, subprocess.Popen(
                list(map(str, command + launcher)),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=dict(os.environ, PYTHONUNBUFFERED='1')) as process:
            for line in process.stdout:
                file.write(line)
                if ' Epoch(' in line or ' Iter(' in line:
                    print(line, end='', flush=True)
        if process.returncode:
            end = ''.join(log.read_text().splitlines(keepends=True)[-15:])
            raise SystemExit(f'{end}\n{script} {config} failed: see {log}. '
                             'The same command goes on from here.')


def run(names: Sequence[str], ablation: AblationRun) -> Iterator[str]:
    """Run all rows of the named tables and write each table when ready.

    Args:
        names (list[str]): Keys of ``TABLES``.
        ablation (AblationRun): Where trainings and tests are.

    Yields:
        str: Each table, as it stands in ``table-NAME.md``.
    """
    for name in names:
        rows = read_rows(name)
        metrics = []
        for number, row in enumerate(rows, 1):
            print(f'\nTable {name}, row {number} of {len(rows)}: {row.name}')
            metrics.append(ablation.row(row))
        table = format_table(name, rows, metrics, ablation.base)
        (ablation.out / f'table-{name}.md').write_text(f'{table}\n')
        yield table


def main() -> None:
    args = parse_args()
    init_default_scope('mmpose')
    try:
        ablation = AblationRun(load_base(args), args.out, args.processes)
        tables = list(run(args.table, ablation))
    except (OSError, ValueError) as error:
        raise SystemExit(f'{type(error).__name__}: {error}') from error
    for table in tables:
        print(f'\n{table}')
    print(f'\nWritten: {args.out}/table-*.md')


if __name__ == '__main__':
    main()
