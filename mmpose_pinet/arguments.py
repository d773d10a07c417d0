"""Numbers that a user sets, checked when something is built with them.

A comparison with NaN is false: unchecked, it selects nothing or everything.
"""
from math import isfinite
from numbers import Integral, Real
from typing import Any, Optional


def check_number(name: str,
                 value: Any,
                 least: Optional[float] = None,
                 above: Optional[float] = None,
                 most: Optional[float] = None,
                 whole: bool = False) -> None:
    """Refuse what is no finite number of a range.

    Args:
        name (str): The argument's, for the error.
        value (float): What it was set to.
        least (float, optional): It must not be below.
        above (float, optional): It must be above.
        most (float, optional): It must not be above.
        whole (bool): It must be an integer. Defaults to ``False``.

    Raises:
        ValueError: With the name, the value and the range.
    """
    kind = Integral if whole else Real
    if isinstance(value, kind) and not isinstance(value, bool) and isfinite(
            value) and (least is None or value >= least) and (
                above is None or value > above) and (most is None
                                                     or value <= most):
        return
    limits = [
        f'{word} {limit:g}'
        for word, limit in (('at least', least), ('above', above),
                            ('at most', most)) if limit is not None
    ]
    raise ValueError(' '.join([
        f'{name}={value!r} must be',
        'a whole number' if whole else 'a finite number', ' and '.join(limits)
    ]).strip())
