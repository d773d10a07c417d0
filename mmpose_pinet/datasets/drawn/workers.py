"""Spreads work over spawned processes, and ends when one of them does."""
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.spawn import get_preparation_data
from typing import Any, Callable, Iterable, Iterator

import cv2

from mmpose_pinet.system.parent import end_with_parent

_AT_THE_START = (
    'the processes ended before they had done anything. Each of them imports '
    'the script that starts it, so that what a script does itself must stand '
    "under `if __name__ == '__main__':`. It does? Then an error above says "
    'what is wrong, or num_workers=1 shows it.')
_IN_THE_MIDST = (
    'a process was ended from outside in the midst of its work. Is there too '
    'little memory? Fewer processes need less: num_workers=1')


def map_in_workers(function: Callable, arguments: Iterable,
                   num_workers: int) -> Iterator[Any]:
    """Map a function over arguments in spawned processes, in their order.

    ``multiprocessing.Pool`` replaces a process that ended, for ever where
    every new one ends at its start; this raises instead.

    Args:
        function (Callable): Takes one argument; both can be pickled.
        arguments (Iterable): What to call it with.
        num_workers (int): Processes, each with one OpenCV thread.

    Yields:
        What ``function`` returns.

    Raises:
        RuntimeError: If a process ends before its work is done.
    """
    _end_if_spawned_by_an_unguarded_script()
    message = _AT_THE_START
    # A forked process hangs in OpenCV once its parent has used threads.
    with ProcessPoolExecutor(num_workers, multiprocessing.get_context('spawn'),
                             _start, (os.getpid(), )) as pool:
        try:
            for result in pool.map(function, arguments):
                message = _IN_THE_MIDST
                yield result
        except BrokenProcessPool:
            raise RuntimeError(message) from None


def _start(parent: int) -> None:
    end_with_parent(parent)
    cv2.setNumThreads(1)


def _end_if_spawned_by_an_unguarded_script() -> None:
    """End a spawned process that comes here while it imports its script.

    Its parent notices and says what is wrong: once, not once a process.
    """
    try:
        # the first step of starting a process, refused to those who are not
        # ready to run their own
        get_preparation_data('worker')
    except RuntimeError:
        sys.exit(1)
