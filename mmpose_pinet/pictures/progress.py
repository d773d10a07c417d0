"""Shows how far long work is."""
import sys
from importlib.util import find_spec
from typing import Iterable, Iterator, Optional, TypeVar

from mmpose_pinet.results import printable

Item = TypeVar('Item')


def show_progress(items: Iterable[Item],
                  what: str,
                  total: Optional[int] = None) -> Iterator[Item]:
    """Hand items on, with a line that tells how far they are.

    It is shown where a person sees it, on stderr if that is a terminal, by
    the package rich. Where rich is not installed there is no line.

    Args:
        items (Iterable): What is worked on.
        what (str): Its name.
        total (int, optional): How many they are, if it is known.

    Returns:
        Iterator: The items.
    """
    if not sys.stderr.isatty() or find_spec('rich') is None:
        return iter(items)
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import track

    return track(
        items,
        description=escape(printable(what)),
        total=total,
        console=Console(stderr=True))
