"""Draw AP against crowding for several runs (Fig. 5)."""
import argparse
import json
import re
import sys
from pathlib import Path
from typing import Dict, Sequence, Tuple

import matplotlib

from mmpose_pinet.command_line import output_drawing, run_command
from mmpose_pinet.visualization.crowd_curve import Curve, draw_crowd_curve

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

plt.rcParams['text.parse_math'] = False  # names of runs may have a $

# as CrowdLevelMetric names them: coco/AP mean_iou [0.5, 0.6)
BIN = re.compile(r'(?:^|/)AP (\w+) \[(\S+), (\S+)[\])]$')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'runs',
        nargs='+',
        metavar='RUN',
        help='metrics of tools/test.py with CrowdLevelMetric: the json file, '
        'or the work_dir of which the newest is taken')
    parser.add_argument(
        '--out', type=output_drawing, default='crowd_curve.png')
    parser.add_argument(
        '--labels',
        nargs='+',
        help="names of the runs; default: the files' or folders' own")
    args = parser.parse_args()
    if args.labels is None:
        args.labels = [Path(run).stem for run in args.runs]
    if len(args.labels) != len(args.runs):
        parser.error(f'{len(args.labels)} labels for {len(args.runs)} runs')
    return args


def read_curve(run: str) -> Tuple[str, Curve]:
    """Read the AP in each bin of a run.

    Args:
        run (str): A json file of metrics, or a work_dir with
            ``TIMESTAMP/TIMESTAMP.json`` as tools/test.py writes it.

    Returns:
        tuple: The measure of crowding (a key of ``CROWDINGS``) and AP by the
        bin's edges.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it holds no AP of a bin, or bins of several measures.
    """
    path = Path(run)
    if path.is_dir():
        files = sorted(path.glob('*/*.json'))
        if not files:
            raise ValueError(f'{run} has no */*.json: tools/test.py writes '
                             'its metrics there with --work-dir')
        path = files[-1]
    try:
        metrics = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f'{path} is no json file of metrics: {error}')
    if not isinstance(metrics, dict):
        raise ValueError(f'{path} is no json file of metrics: it holds '
                         f'{type(metrics).__name__}')
    return find_curve(metrics, str(path))


def find_curve(metrics: Dict[str, float], where: str) -> Tuple[str, Curve]:
    """Find the AP in each bin among the metrics of a test.

    Args:
        metrics (dict[str, float]): As CrowdLevelMetric names them.
        where (str): They come from, for errors.

    Returns:
        tuple: As of :func:`read_curve`.

    Raises:
        ValueError: If there is no AP of a bin, or bins of several measures.
    """
    curves = {}
    for name, value in metrics.items():
        match = BIN.search(name)
        if match:
            crowding, *edges = match.groups()
            curves.setdefault(crowding, {})[tuple(map(float, edges))] = value
    if not curves:
        raise ValueError(f"{where} has no key such as 'coco/AP mean_iou [0.5, "
                         "0.6)': test with CrowdLevelMetric as "
                         'test_evaluator.type')
    check_one_measure(curves, where)
    (crowding, curve), = curves.items()
    return crowding, dict(sorted(curve.items()))


def check_one_measure(crowdings: Sequence[str], where: str) -> None:
    """Raise a ``ValueError`` if an axis would stand for several measures."""
    measures = sorted(set(crowdings))
    if len(measures) > 1:
        raise ValueError(
            f'{where}: crowding is measured by {", ".join(measures)}. One '
            'picture shows one: test all runs with the same '
            'test_evaluator.crowding')


def plot(curves: Sequence[Tuple[str, Curve]], crowding: str, out: str) -> None:
    """Draw one line a run into a picture.

    Args:
        curves (list[tuple[str, dict]]): Labels and curves.
        crowding (str): The measure of all of them.
        out (str): The picture to write.
    """
    figure, axes = plt.subplots(figsize=(6, 4), layout='constrained')
    draw_crowd_curve(axes, curves, crowding)
    figure.savefig(out, dpi=150)
    plt.close(figure)


def main() -> None:
    args = parse_args()
    crowdings, curves = zip(*map(read_curve, args.runs))
    check_one_measure(crowdings, ', '.join(args.runs))
    plot(list(zip(args.labels, curves)), crowdings[0], args.out)
    print(f'{len(curves)} runs by {crowdings[0]}, drawn to {args.out}')


if __name__ == '__main__':
    sys.exit(run_command(main))
