"""The picture of a comparison: AP over crowding, and over the training."""
from pathlib import Path
from typing import Dict, Sequence

from matplotlib.ticker import MaxNLocator
from plot_crowd_curve import find_curve, plt

from mmpose_pinet.visualization.crowd_curve import draw_crowd_curve


def draw_curves(names: Sequence[str], metrics: Sequence[Dict[str, float]],
                trainings: Sequence[dict], out: Path) -> None:
    """Draw what was measured of all models into two panels.

    On the left AP over the crowding of the images (Fig. 5). On the right the
    AP of validations over the epochs; without any, the training loss, each
    model's beside that of its first epoch: losses differ in kind.

    Args:
        names (list[str]): Of the models.
        metrics (list[dict[str, float]]): Of their tests.
        trainings (list[dict]): As of :func:`~comparison.costs.read_training`.
        out (Path): The picture to write.
    """
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 4), layout='constrained')
    curves = []
    for name, values in zip(names, metrics):
        crowding, curve = find_curve(values, name)
        curves.append((name, {b: 100 * ap for b, ap in curve.items()}))
    draw_crowd_curve(left, curves, crowding)
    left.set(ylabel='AP (%)')

    validated = any(training.get('val_AP') for training in trainings)
    for name, training in zip(names, trainings):
        points = training.get('val_AP' if validated else 'loss', [])
        first = points[0][1] if points else 1
        right.plot([epoch for epoch, _ in points], [
            100 * value if validated else value / first for _, value in points
        ],
                   marker='.',
                   label=name)
    if validated:
        right.set(ylabel='AP of validation (%)')
    else:
        right.set(ylabel='training loss, first epoch = 1', yscale='log')
    right.set(xlabel='epoch')
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.grid(alpha=0.3)
    # one for both, where it hides no curve
    left.get_legend().remove()
    figure.legend(
        *left.get_legend_handles_labels(), loc='outside lower center', ncols=6)
    figure.savefig(out, dpi=150)
    plt.close(figure)
