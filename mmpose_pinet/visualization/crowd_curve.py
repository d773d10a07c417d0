"""AP over crowding as lines of a plot (Fig. 5)."""
from typing import Dict, List, Sequence, Tuple

from matplotlib.axes import Axes

from mmpose_pinet.evaluation.crowd_level_metric import CROWDINGS

Curve = Dict[Tuple[float, float], float]

LABEL_WIDTH = 0.07  # of the axis, with room around it


def draw_crowd_curve(axes: Axes, curves: Sequence[Tuple[str, Curve]],
                     crowding: str) -> None:
    """Draw one line a run, over the middle of each bin.

    Args:
        axes (Axes): To draw into.
        curves (list[tuple[str, dict]]): Labels, and AP by a bin's edges.
        crowding (str): The measure of all of them, a key of ``CROWDINGS``.
    """
    for label, curve in curves:
        middles = [(low + high) / 2 for low, high in curve]
        axes.plot(middles, list(curve.values()), marker='o', label=label)
    edges = sorted({edge for _, curve in curves for b in curve for edge in b})
    axes.set_xticks(edges, _labels_with_room(edges))
    axes.set(xlabel=f'crowding: {CROWDINGS[crowding]}', ylabel='AP')
    axes.grid(alpha=0.3)
    axes.legend()


def _labels_with_room(edges: Sequence[float]) -> List[str]:
    """Edges in words, less those that would lie over the one before."""
    width = LABEL_WIDTH * (edges[-1] - edges[0])
    labels, written = [], -float('inf')
    for edge in edges:
        has_room = edge - written >= width
        labels.append(f'{edge:g}' if has_room else '')
        written = edge if has_room else written
    return labels
