"""How errors list what is wrong."""
from typing import Sequence


def list_first(names: Sequence[str], most: int = 3) -> str:
    """List the first of many names, and how many more there are.

    Args:
        names (list[str]): What is wrong.
        most (int): How many to name. Defaults to 3.
    """
    rest = f' and {len(names) - most} more' if len(names) > most else ''
    return ', '.join(names[:most]) + rest
