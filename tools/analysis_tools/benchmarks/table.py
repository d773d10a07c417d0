"""What was measured, ours beside theirs, as a table for a terminal."""
from dataclasses import asdict, dataclass
from typing import List, Optional, Sequence

# (unit, its size in SI), largest first, for values of at least that size
UNITS = {
    's': [('s', 1), ('ms', 1e-3), ('us', 1e-6)],
    'byte': [('GB', 1e9), ('MB', 1e6), ('kB', 1e3)],
    'share': [('%', 1e-2)],
}


@dataclass
class Row:
    """Hold one measurement, alone or against another of the same run.

    Attributes:
        section (str): The section it belongs to.
        work (str): What was done.
        unit (str): Of both values: a key of ``UNITS``.
        ours (float): Ours.
        peer (str, optional): Whom it is held against.
        theirs (float, optional): The peer's value.
    """
    section: str
    work: str
    unit: str
    ours: float
    peer: Optional[str] = None
    theirs: Optional[float] = None

    @property
    def ratio(self) -> Optional[float]:
        """Divide theirs by ours: above 1 where ours takes less."""
        return None if self.theirs is None else self.theirs / self.ours

    def to_dict(self) -> dict:
        """Return what JSON holds."""
        return dict(asdict(self), ratio=self.ratio)


def format_value(value: Optional[float], unit: str) -> str:
    """Write three digits and the unit that suits."""
    if value is None:
        return '-'
    for name, size in UNITS[unit]:
        if abs(value) >= size:
            break
    return f'{_three_digits(value / size)} {name}'


def format_table(rows: Sequence[Row]) -> str:
    """Write the rows as text, at most 100 columns wide."""
    line = '{:<46.46}{:>9}  {:<16.16}{:>9}{:>8}'
    lines: List[str] = []
    section = None
    for row in rows:
        if row.section != section:
            section = row.section
            lines += [
                '',
                line.format(section, 'ours', 'against', 'theirs', 'ratio')
            ]
        ratio = '-' if row.ratio is None else f'{_three_digits(row.ratio)}x'
        lines.append(
            line.format(f'  {row.work}',
                        format_value(row.ours, row.unit), row.peer or '-',
                        format_value(row.theirs, row.unit), ratio))
    return '\n'.join(lines)


def _three_digits(value: float) -> str:
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f'{value:.{digits}f}'
