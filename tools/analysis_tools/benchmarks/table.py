"""What was measured, ours beside theirs, as a table for a terminal."""
from dataclasses import asdict, dataclass
from typing import List, Optional, Sequence

# (unit, its size in SI), largest first, for values of at least that size
UNITS = {
    's': [('s', 1), ('ms', 1e-3), ('us', 1e-6)],
    'byte': [('GB', 1e9), ('MB', 1e6), ('kB', 1e3)],
    'share': [('%', 1e-2)],
    'rate': [('/s', 1)],
}


@dataclass
class Row:
    """One measurement, alone or against another of the same run.

    Attributes:
        section (str): The section it belongs to.
        work (str): What was done.
        unit (str): Of both values: a key of ``UNITS``.
        ours (float): Ours.
        peer (str, optional): Whom it is held against.
        theirs (float, optional): The peer's value.
        goal (str): What is aimed at, for HRNet-W32 and 512 px.
    """
    section: str
    work: str
    unit: str
    ours: float
    peer: Optional[str] = None
    theirs: Optional[float] = None
    goal: str = ''

    @property
    def ratio(self) -> Optional[float]:
        """Theirs over ours: above 1 where ours takes less."""
        return None if self.theirs is None else self.theirs / self.ours

    def to_dict(self) -> dict:
        """For JSON."""
        return dict(asdict(self), ratio=self.ratio)


def format_value(value: Optional[float], unit: str) -> str:
    """Three digits and the unit that suits."""
    if value is None:
        return '-'
    for name, size in UNITS[unit]:
        if abs(value) >= size:
            break
    return f'{_three_digits(value / size)} {name}'


def format_table(rows: Sequence[Row]) -> str:
    """The rows as text, at most 100 columns wide."""
    line = '{:<46.46}{:>9}  {:<16.16}{:>9}{:>8}  {:<8.8}'
    lines: List[str] = []
    section = None
    for row in rows:
        if row.section != section:
            section = row.section
            lines += [
                '',
                line.format(section, 'ours', 'against', 'theirs', 'ratio',
                            'goal').rstrip()
            ]
        ratio = '-' if row.ratio is None else f'{_three_digits(row.ratio)}x'
        lines.append(
            line.format(f'  {row.work}',
                        format_value(row.ours, row.unit), row.peer or '-',
                        format_value(row.theirs,
                                     row.unit), ratio, row.goal).rstrip())
    return '\n'.join(lines)


def _three_digits(value: float) -> str:
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f'{value:.{digits}f}'
