"""Numbers of an annotation: as many as there should be, and finite."""
from typing import Any, Optional

import numpy as np


def check_numbers(values: Any,
                  count: Optional[int] = None,
                  finite: bool = True) -> np.ndarray:
    """Read a flat list of numbers, as a JSON file holds it.

    Args:
        values (list): Numbers; JSON also knows NaN, Infinity and null.
        count (int, optional): How many they must be.
        finite (bool): Whether NaN and infinity are wrong.

    Returns:
        np.ndarray: float64, the numbers.

    Raises:
        ValueError: With what is wrong.
    """
    if not isinstance(values, (list, tuple)):
        raise ValueError(f'is no list of numbers but {values!r:.40}')
    if not set(map(type, values)) <= {int, float}:
        raise ValueError('holds something else than numbers')
    if count is not None and len(values) != count:
        raise ValueError(f'has {len(values)} numbers in place of {count}')
    try:
        numbers = np.array(values, np.float64)
    except OverflowError as error:  # JSON's integers have no limit
        raise ValueError('has a number beyond all floats') from error
    if finite and not np.isfinite(numbers).all():
        raise ValueError('has a number that is not finite')
    return numbers


def not_finite(values: np.ndarray) -> np.ndarray:
    """Find the rows of an array that hold NaN or infinity.

    Args:
        values (np.ndarray): (N, ...).

    Returns:
        np.ndarray: (N, ) bool.
    """
    return ~np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
