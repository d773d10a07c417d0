"""The plots of a report, as SVG that stands in its page."""
import re
from io import StringIO
from typing import Sequence

import matplotlib
from matplotlib.figure import Figure

from mmpose_pinet.evaluation.without_errors import ERRORS

from ..crowd_curve import draw_crowd_curve
from .run import Run

# Text stays text, in the page's font, and is not read as TeX. The salt makes
# the ids of clip paths and markers.
STYLE = {
    'svg.fonttype': 'none',
    'font.family': 'sans-serif',
    'font.size': 11,
    'text.parse_math': False,
    'axes.prop_cycle': matplotlib.cycler(color=['#0b5fa5', '#b4530a']),
}


def crowd_curve(runs: Sequence[Run], edges: Sequence[float],
                measure: str) -> str:
    """Draw AP over crowding, a line for each run."""
    bins = list(zip(edges, edges[1:]))
    curves = [(run.name, {
        edge: 100 * part.AP
        for edge, part in zip(bins, run.curve) if part.AP == part.AP
    }) for run in runs]
    with matplotlib.rc_context({**STYLE, 'svg.hashsalt': 'crowding'}):
        figure = Figure(figsize=(5.2, 3.4), layout='constrained')
        axes = figure.subplots()
        draw_crowd_curve(axes, curves, measure)
        # the page tells the measure, for which the axis is too short
        axes.set(xlabel='crowding', ylabel='AP (%)')
        axes.set_ylim(bottom=0)
        return _svg(figure, 'AP over crowding, a line for each run')


def gains(runs: Sequence[Run]) -> str:
    """Draw what AP would gain without errors of each kind, as bars."""
    with matplotlib.rc_context({**STYLE, 'svg.hashsalt': 'gains'}):
        figure = Figure(figsize=(5.2, 3.4), layout='constrained')
        axes = figure.subplots()
        height = 0.8 / len(runs)
        for i, run in enumerate(runs):
            axes.barh([row + i * height for row in range(len(ERRORS))], [
                100 * (run.counts[kind].AP - run.scores.AP) for kind in ERRORS
            ],
                      height,
                      label=run.name)
        middle = (len(runs) - 1) * height / 2
        axes.set_yticks([row + middle for row in range(len(ERRORS))], ERRORS)
        axes.invert_yaxis()
        axes.set(xlabel='AP gained without the errors (points)')
        axes.grid(alpha=0.3, axis='x')
        if len(runs) > 1:
            axes.legend()
        return _svg(figure, 'AP gained without errors of each kind')


def _svg(figure: Figure, title: str) -> str:
    """SVG as a page of HTML holds it: no prolog, no metadata."""
    file = StringIO()
    figure.savefig(file, format='svg')
    svg = file.getvalue()
    svg = re.sub(r'<metadata>.*?</metadata>', '', svg, flags=re.DOTALL)
    # ids of groups are the same in each figure
    svg = re.sub(r'<g id="[^"]*"', '<g', svg)
    svg = re.sub(r' width="\S+pt" height="\S+pt"', '', svg, count=1)
    return svg[svg.index('<svg'):].replace(
        '<svg', f'<svg role="img" aria-label="{title}"', 1)
