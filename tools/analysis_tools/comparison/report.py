"""Tables of a comparison, in Markdown that reads in a terminal as well."""
import re
from pathlib import Path
from statistics import stdev
from typing import Dict, List, Sequence

from mmengine.config import Config

from mmpose_pinet.results import printable

from .rows import Row

# Columns, and how the names of CrowdLevelMetric's metrics end
MEASURED = {
    'AP': '/AP',
    'AP50': '/AP .5',
    'AP75': '/AP .75',
    'AR': '/AR',
    'easy': '/AP(E)',
    'medium': '/AP(M)',
    'hard': '/AP(H)',
    'crowd': ', 1]'
}
PAPER = ('AP', 'AP50', 'AP75', 'easy', 'medium', 'hard')
COSTS = {
    'params': '{:.2f}',
    'GFLOPs': '{:.2f}',
    's_train': '{:.3f}',
    's_test': '{:.3f}',
    'minutes': '{:.1f}'
}
COST_TITLES = {
    'params': 'params (M)',
    's_train': 's/train image',
    's_test': 's/test image',
    'minutes': 'train min'
}


def pick_metrics(metrics: Dict[str, float]) -> Dict[str, float]:
    """Pick the columns out of a test's metrics ``prefix/NAME``.

    Args:
        metrics (dict[str, float]): As CrowdLevelMetric names them, of 1.

    Returns:
        dict[str, float]: In percent, by the keys of ``MEASURED``; less those
        that the evaluator does not give, or has no person for.
    """
    return {
        column: round(100 * value, 1)
        for column, ending in MEASURED.items()
        for name, value in metrics.items()
        if name.endswith(ending) and value >= 0  # -1: no person to find
    }


def format_report(title: str, rows: Sequence[Row],
                  results: Sequence[Dict[str, float]], base: Config,
                  seeds: Dict[int, List[Dict[str, float]]]) -> str:
    """Write the tables of accuracy and of cost.

    ``diff`` is AP less the first row's; metrics are in percent. Of several
    seeds AP stands in a table, with its sample standard deviation.

    Args:
        title (str): Of the whole.
        rows (list[Row]): The models.
        results (list[dict[str, float]]): Of each, by the keys of
            ``MEASURED`` and ``COSTS``; less those that are not known.
        base (Config): What the rows have in common.
        seeds (dict[int, list[dict[str, float]]]): Metrics of each row, by
            the seed; ``results`` are of all seeds.

    Returns:
        str: Narrower than 120 columns, without a last line break.
    """
    names = [row.name for row in rows]
    columns = [c for c in MEASURED if any(c in result for result in results)]
    accuracy = {c: _cells(results, c, '{:.1f}') for c in columns}
    accuracy['diff'] = _differences(results)
    paper = [row.paper for row in rows]
    said = [c for c in PAPER if any(c in values for values in paper)]
    lines = [f'**{title}**.', *_about(base, list(seeds)), '']
    lines += format_table(names, accuracy)
    if len(seeds) > 1:
        columns = {
            f'seed {s}': _cells(seeds[s], 'AP', '{:.1f}')
            for s in seeds
        }
        columns['SD'] = _deviations(list(seeds.values()))
        lines += ['', 'AP of each seed:', '', *format_table(names, columns)]
    if said:
        columns = {c: _cells(paper, c, '{:.1f}') for c in said}
        columns['diff'] = _differences([
            v if row.paper_data == rows[0].paper_data else {}
            for row, v in zip(rows, paper)
        ])
        columns['on'] = [row.paper_data or '-' for row in rows]
        lines += [
            '', 'The paper, with its own data, sizes and schedule:', '',
            *format_table(names, columns)
        ]
    costs = {
        COST_TITLES.get(c, c): _cells(results, c, format)
        for c, format in COSTS.items() if any(c in r for r in results)
    }
    for c in ('params', 'GFLOPs'):
        if any(c in values for values in paper):
            costs[f'paper {COST_TITLES.get(c, c)}'] = _cells(
                paper, c, '{:.1f}')
    if costs:
        lines += ['', *_about_costs(base), '', *format_table(names, costs)]
    return '\n'.join(lines)


def format_table(names: Sequence[str], columns: Dict[str,
                                                     List[str]]) -> List[str]:
    """Write one table.

    Args:
        names (list[str]): Of the rows, which Markdown shows as they are.
        columns (dict[str, list[str]]): Cells by the column's name.

    Returns:
        list[str]: Lines of one width.
    """
    names = ['', *map(_as_text, names)]
    cells = [list(columns), *map(list, zip(*columns.values()))]
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
    return [lines[0], rule, *lines[1:]]


def _as_text(name: str) -> str:
    """A name that is no table's edge, link, picture or tag in Markdown."""
    return re.sub(r'([\\`*|<>\[\]&!])', r'\\\1', printable(name))


def _about(base: Config, seeds: List[int]) -> List[str]:
    """Say what the rows were trained and tested on."""
    evaluator = base.test_evaluator
    budget = ', '.join(f'{base.train_cfg[key]} {key[len("max_"):]}'
                       for key in ('max_epochs', 'max_iters')
                       if key in base.train_cfg)
    return [
        f'{_as_text(Path(base.filename).name)}, {budget}, '
        f'{"means of seeds" if seeds[1:] else "seed"} '
        f'{", ".join(map(str, seeds))}, '
        f'tested on {_as_text(base.test_dataloader.dataset.ann_file)};',
        f'crowd: AP on images with a {evaluator.crowding} of '
        f'{evaluator.bins[-2]:g} or more.',
    ]


def _about_costs(base: Config) -> List[str]:
    width, height = base.model.head.decoder.input_size
    flips = base.model.test_cfg.get('flip_test', False)
    return [
        f'Costs: GFLOPs of one view of {width} x {height} px; a training '
        "image's time is the median step's;",
        f'a test image\'s, alone, {"with" if flips else "without"} its mirror '
        'image, from the loaded image to persons.'
    ]


def _cells(values: Sequence[Dict[str, float]], column: str,
           format: str) -> List[str]:
    return [format.format(v[column]) if column in v else '-' for v in values]


def _differences(values: Sequence[Dict[str, float]]) -> List[str]:
    """AP less the first row's."""
    first = values[0].get('AP')
    return [
        f'{v["AP"] - first:+.1f}' if first is not None and 'AP' in v else '-'
        for v in values
    ]


def _deviations(seeds: Sequence[Sequence[Dict[str, float]]]) -> List[str]:
    """The standard deviation of each row's AP over seeds."""
    aps = [[x['AP'] for x in row if 'AP' in x] for row in zip(*seeds)]
    return [f'{stdev(row):.1f}' if row[1:] else '-' for row in aps]
