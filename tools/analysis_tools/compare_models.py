"""Train and test models in one setting, on whatever data a config names.

Every model has the base config's data, augmentation, backbone, neck,
schedule, batch and seeds, and brings its head with the losses, targets and
test that are published with it. What is measured is written as tables, as
JSON and as pictures, with the paper's numbers beside. A run that was stopped
goes on where it was; models and seeds can be added.
"""
import argparse
import json
import sys
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence

from mmengine.config import Config
from mmengine.registry import init_default_scope

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import numpy as np
from comparison.costs import count_network
from comparison.curves import draw_curves
from comparison.gallery import draw_gallery
from comparison.report import format_report, pick_metrics
from comparison.rows import TABLES, TITLES, Row, read_models, read_table
from comparison.runs import Runs, training_name
from comparison.seeds import average, give_seeds, measure
from comparison.setting import put_in_setting
from xtcocotools.coco import COCO

from mmpose_pinet.apis.configs import ConfigOptions, load_config
from mmpose_pinet.apis.zoo import find_config
from mmpose_pinet.command_line import (count, natural, output_folder,
                                       run_command)
from mmpose_pinet.evaluation.crowd_level_metric import image_crowding


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--base',
        type=find_config,
        required=True,
        help='config of a whole PINet: the setting')
    compared = parser.add_mutually_exclusive_group(required=True)
    compared.add_argument(
        '--models',
        nargs='+',
        type=find_config,
        metavar='CONFIG',
        help='configs to compare, by name or path')
    compared.add_argument(
        '--table',
        nargs='+',
        choices=list(TABLES),
        help="tables of the paper's to repeat")
    parser.add_argument(
        '--out',
        required=True,
        type=output_folder,
        help='folder of trainings and reports; models that differ in the '
        'test alone are trained once')
    parser.add_argument(
        '--seed',
        nargs='+',
        type=natural,
        help="of weights, order and augmentation; by default the base's, or "
        '0. Of several, the mean is told, and AP of each')
    parser.add_argument(
        '--processes',
        type=count,
        default=1,
        help='of a training or test: GPUs, or CPU cores')
    parser.add_argument(
        '--val-interval',
        type=natural,
        default=0,
        metavar='EPOCHS',
        help='validate on the test set on the way; by default never')
    parser.add_argument(
        '--pictures',
        type=natural,
        default=12,
        help='test images to draw with all models side by side; default 12')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        default={},
        help='changes to the base config, key=value')
    return parser.parse_args()


class Model(NamedTuple):
    """A model of a comparison, in the base's setting."""
    row: Row
    cfgs: List[Config]  # one a seed
    network: Dict[str, float]  # its size, as of `count_network`


def load_base(args: argparse.Namespace) -> Config:
    """Load the base config, without what would differ from row to row.

    Rows are judged by their last checkpoint, and no best one is kept.
    ``test_evaluator.bins`` are four with equally many test images, unless
    the config has its own.

    Args:
        args (argparse.Namespace): See :func:`parse_args`.

    Returns:
        Config: To train and to test.

    Raises:
        FileNotFoundError: If the annotations of the test are not there.
        ValueError: If its images are all equally crowded.
    """
    cfg = load_config(args.base, args.cfg_options)
    cfg.default_hooks.checkpoint.pop('save_best', None)
    for key in ('val_cfg', 'val_dataloader', 'val_evaluator'):
        cfg[key] = None
    if args.val_interval:
        cfg.val_cfg = dict()
        cfg.val_dataloader = cfg.test_dataloader
        cfg.val_evaluator = cfg.test_evaluator
        cfg.train_cfg.val_interval = args.val_interval
    evaluator = cfg.test_evaluator
    evaluator.type = 'CrowdLevelMetric'
    evaluator.crowding = evaluator.get('crowding', 'mean_iou')
    if not evaluator.get('bins'):
        evaluator.bins = _quarters(cfg)
    return cfg


def _quarters(cfg: Config) -> List[float]:
    """Find edges of crowding between four parts of the test images."""
    dataset = cfg.test_dataloader.dataset
    crowding = cfg.test_evaluator.crowding
    path = Path(dataset.get('data_root', ''), dataset.ann_file)
    if not path.is_file():
        raise FileNotFoundError(
            f'{cfg.filename}: test_dataloader.dataset.ann_file is {path}, '
            'which is not there')
    with redirect_stdout(StringIO()):  # COCO reports that it loads
        values = list(image_crowding(COCO(str(path)), crowding).values())
    edges = np.quantile(values, [0.25, 0.5, 0.75]).round(3)
    inner = np.unique(edges[(edges > 0) & (edges < 1)]).tolist()
    if not inner:
        raise ValueError(
            f'{path}: three quarters of the images have a {crowding} of '
            f'{edges[0]}, so that none are more crowded. Name another '
            'ann_file, test_evaluator.crowding or test_evaluator.bins')
    return [0, *inner, 1]


def fit(rows: Sequence[Row],
        runs: Runs,
        seeds: Optional[Sequence[int]] = None) -> List[Model]:
    """Put models in the setting, and show that each fits, by counting it.

    Args:
        rows (list[Row]): The models.
        runs (Runs): With the base.
        seeds (list[int], optional): Of each model's trainings; by default
            the base's.

    Returns:
        list[Model]: Of each.

    Raises:
        ValueError: If one does not fit.
    """
    models = []
    for row in rows:
        cfg = put_in_setting(runs.base, row)
        network = runs.once('networks', training_name(cfg),
                            partial(count_network, cfg))
        models.append(Model(row, give_seeds(cfg, seeds), network))
    return models


def compare(name: str, title: str, models: Sequence[Model], runs: Runs,
            pictures: int) -> str:
    """Train and test models, and write down what comes out.

    Args:
        name (str): Of the files that are written.
        title (str): Of the report.
        models (list[Model]): See :func:`fit`.
        runs (Runs): Where trainings and tests are.
        pictures (int): How many images to draw.

    Returns:
        str: The report, as it stands in ``NAME.md``.

    Raises:
        SystemExit: If a training or test fails.
    """
    rows = [model.row for model in models]
    names = [row.name for row in rows]
    measured = []  # of each model, of each seed
    for number, model in enumerate(models, 1):
        print(
            f'{runs.minutes():>10}  {model.row.name}, '
            f'{number} of {len(models)}',
            flush=True)
        measured.append([measure(cfg, runs) for cfg in model.cfgs])
    metrics = [average([x['metrics'] for x in seeds]) for seeds in measured]
    costs = [average([x['costs'] for x in seeds]) for seeds in measured]
    results = [
        dict(pick_metrics(values), **model.network, **cost)
        for model, values, cost in zip(models, metrics, costs)
    ]

    place = runs.out / name
    report = format_report(
        title, rows, results, runs.base, {
            seeds[0]['seed']: [pick_metrics(x['metrics']) for x in seeds]
            for seeds in zip(*measured)
        })
    draw_curves(names, metrics, costs, place.with_suffix('.png'))
    report += f'\n\n![curves]({name}.png)'
    if pictures:
        trained = [(model.cfgs[0], runs.train(model.cfgs[0]))
                   for model in models]
        draw_gallery(names, trained, place.with_suffix('.jpg'), pictures)
        report += (f'\n![pictures]({name}.jpg)\n\nDrawn are persons from the '
                   'score on that stands above them, of seed '
                   f'{measured[0][0]["seed"]}.')
    place.with_suffix('.md').write_text(f'{report}\n')
    place.with_suffix('.json').write_text(
        json.dumps(
            {
                row.name:
                dict(
                    model=Path(row.config.filename).stem,
                    **result,
                    seeds=seeds,
                    paper=row.paper,
                    paper_data=row.paper_data)
                for row, result, seeds in zip(rows, results, measured)
            },
            indent=2))
    return report


def main() -> None:
    args = parse_args()
    init_default_scope('mmpose')
    if args.models:
        lists = [('comparison', 'Models in one setting',
                  read_models(args.models))]
    else:
        lists = [(f'table-{table}', TITLES[table], read_table(table))
                 for table in args.table]
    runs = Runs(load_base(args), Path(args.out), args.processes)
    fitted = [fit(rows, runs, args.seed) for _, _, rows in lists]
    reports = [
        compare(name, title, models, runs, args.pictures)
        for (name, title, _), models in zip(lists, fitted)
    ]
    for report in reports:
        print(f'\n{report}')
    for name, _, _ in lists:
        print(f'\nWritten: {runs.out / name}.md, .json, .png')


if __name__ == '__main__':
    sys.exit(run_command(main))
