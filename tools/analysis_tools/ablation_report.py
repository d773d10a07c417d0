"""A table of rows measured here beside the paper's."""
import json
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from ablation_tables import TABLES, TITLES
from mmengine.config import Config

HERE = ('AP', 'AP50', 'AP75', 'crowd', 'diff')
PAPER = ('AP', 'AP50', 'AP75', 'diff')


class AblationReport:
    """One table as text, Markdown and JSON; all values in percent.

    ``crowd`` is AP on the half of the images with the largest overlap of
    boxes; ``diff`` is AP less the first row's.

    Args:
        table (str): A key of ``TABLES``.
        metrics (list[dict, optional]): Of each row, as CrowdLevelMetric names
            them; None for a row that was left out.
        base (Config): What the rows have in common.
    """

    def __init__(self, table: str, metrics: Sequence[Optional[Dict]],
                 base: Config) -> None:
        self.table = table
        dataset = base.test_dataloader.dataset
        median = base.test_evaluator.bins[1]
        budget = ', '.join(f'{base.train_cfg[key]} {key[len("max_"):]}'
                           for key in ('max_epochs', 'max_iters')
                           if key in base.train_cfg)
        self.about = [
            f'{Path(base.filename).name}, {budget}, '
            f'seed {base.randomness.seed}',
            f'tested on {dataset.ann_file}',
            f'crowd: AP on images with a box IoU of {median:g} or more',
        ]
        self.rows = []
        for row, values in zip(TABLES[table], metrics):
            here = None if values is None else _percent(values)
            self.rows.append(
                dict(name=row.name, here=here, paper=list(row.paper)))
        _add_differences(self.rows)

    def text(self) -> str:
        """For a terminal."""
        width = max(len(row['name']) for row in self.rows) + 2
        title = f'Table {self.table}: {TITLES[self.table]}'
        lines = [
            title, *self.about, '',
            ' ' * width + f'{"measured":>{7 * len(HERE)}} |' +
            f'{"paper, OCHuman":>{6 * len(PAPER)}}', ' ' * width +
            ''.join(f'{c:>7}' for c in HERE) + ' |' + ''.join(f'{c:>6}'
                                                              for c in PAPER)
        ]
        for row in self.rows:
            here, paper = _cells(row)
            lines.append(f'{row["name"]:<{width}}' + ''.join(f'{c:>7}'
                                                             for c in here) +
                         ' |' + ''.join(f'{c:>6}' for c in paper))
        return '\n'.join(lines)

    def markdown(self) -> str:
        """For documents."""
        heads = ['', *HERE, *(f'paper {c}' for c in PAPER)]
        lines = [
            f'**Table {self.table}**, {TITLES[self.table]}. ' +
            '; '.join(self.about) + '.', '', '| ' + ' | '.join(heads) + ' |',
            '| :--- |' + ' ---: |' * (len(heads) - 1)
        ]
        for row in self.rows:
            here, paper = _cells(row)
            lines.append('| ' + ' | '.join([row['name'], *here, *paper]) +
                         ' |')
        return '\n'.join(lines)

    def write(self, folder: Path) -> None:
        """``table-NAME.txt``, ``.md`` and ``.json`` in a folder."""
        stem = folder / f'table-{self.table}'
        stem.with_suffix('.txt').write_text(self.text() + '\n')
        stem.with_suffix('.md').write_text(self.markdown() + '\n')
        stem.with_suffix('.json').write_text(
            json.dumps(
                dict(table=self.table, about=self.about, rows=self.rows),
                indent=2))


def _percent(metrics: Dict[str, float]) -> Dict[str, float]:
    """The columns out of a test's metrics ``prefix/NAME``."""
    named = {key.split('/')[-1]: value for key, value in metrics.items()}
    crowded = [name for name in named if name.endswith(', 1]')]
    names = dict(AP='AP', AP50='AP .5', AP75='AP .75', crowd=crowded[0])
    return {
        column: round(100 * float(named[name]), 1)
        for column, name in names.items()
    }


def _add_differences(rows: List[Dict]) -> None:
    first = rows[0]
    for row in rows:
        row['paper_diff'] = round(row['paper'][0] - first['paper'][0], 1)
        if row['here'] and first['here']:
            row['here']['diff'] = round(
                row['here']['AP'] - first['here']['AP'], 1)


def _cells(row: Dict) -> List[List[str]]:
    """Cells of a row: measured here, and the paper's."""
    here = row['here'] or {}
    paper = dict(zip(PAPER, row['paper']), diff=row['paper_diff'])
    return [[
        '-' if column not in values else
        f'{values[column]:{"+" * (column == "diff")}.1f}' for column in columns
    ] for columns, values in ((HERE, here), (PAPER, paper))]
