"""A table of Table 1's rows as measured here, beside the paper's numbers."""
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from mmengine.config import Config

from .rows import TITLES, Row

# Columns, and how the names of CrowdLevelMetric's metrics end
MEASURED = {'AP': '/AP', 'AP50': '/AP .5', 'AP75': '/AP .75', 'crowd': ', 1]'}
COLUMNS = [*MEASURED, 'diff', 'paper AP', 'AP50', 'AP75', 'diff']


def format_table(table: str, rows: Sequence[Row],
                 metrics: Sequence[Optional[Dict[str, float]]],
                 base: Config) -> str:
    """Write a table in Markdown that reads in a terminal as well.

    ``crowd`` is AP on the half of the images that is more crowded; ``diff``
    is AP less the first row's. All values are in percent.

    Args:
        table (str): A key of ``TABLES``.
        rows (list[Row]): Of this table.
        metrics (list[dict, optional]): Of each row, as CrowdLevelMetric names
            them; None for a row that was left out.
        base (Config): What the rows have in common.

    Returns:
        str: The table under its title, without a last line break.
    """
    measured = [None if m is None else _percent(m) for m in metrics]
    names = ['', *(row.name for row in rows)]
    cells = [
        COLUMNS, *(_cells(here, measured[0], [*MEASURED]) +
                   _cells(row.paper, rows[0].paper, ['AP', 'AP50', 'AP75'])
                   for row, here in zip(rows, measured))
    ]
    name_width = max(map(len, names))
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = [
        f'| {name:<{name_width}} | ' +
        ' | '.join(f'{cell:>{width}}'
                   for cell, width in zip(row, widths)) + ' |'
        for name, row in zip(names, cells)
    ]
    rule = '| :' + '-' * (name_width - 1) + ' |' + ''.join(
        f' {"-" * (width - 1)}: |' for width in widths)
    return '\n'.join([
        f'**Table {table}**, {TITLES[table]}.', *_about(base), '', lines[0],
        rule, *lines[1:]
    ])


def _about(base: Config) -> List[str]:
    """Say what the rows were trained and tested on."""
    evaluator = base.test_evaluator
    budget = ', '.join(f'{base.train_cfg[key]} {key[len("max_"):]}'
                       for key in ('max_epochs', 'max_iters')
                       if key in base.train_cfg)
    return [
        f'{Path(base.filename).name}, {budget}, seed {base.randomness.seed}, '
        f'tested on {base.test_dataloader.dataset.ann_file};',
        f'crowd: AP on images with a {evaluator.crowding} of '
        f'{evaluator.bins[1]:g} or more.',
    ]


def _percent(metrics: Dict[str, float]) -> Dict[str, float]:
    """Pick the columns out of a test's metrics ``prefix/NAME``."""
    return {
        column:
        round(
            100 *
            next(value
                 for name, value in metrics.items() if name.endswith(ending)),
            1)
        for column, ending in MEASURED.items()
    }


def _cells(values: Optional[Dict[str, float]], first: Optional[Dict[str,
                                                                    float]],
           columns: Sequence[str]) -> List[str]:
    """Format a row's values, then its AP less the first row's."""
    values = values or {}
    cells = [
        f'{values[column]:.1f}' if column in values else '-'
        for column in columns
    ]
    known = 'AP' in values and first is not None
    return [*cells, f'{values["AP"] - first["AP"]:+.1f}' if known else '-']
