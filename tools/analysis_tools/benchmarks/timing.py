"""Medians of calls that take turns, so that a busy machine slows them alike.
"""
import time
from collections import defaultdict
from statistics import median
from typing import Callable, Dict

import torch
import torch.nn as nn
from tqdm import tqdm

WARM_UP = 2


class Parts(dict):
    """Say where a call's time went: seconds by part."""


def now(device: torch.device) -> float:
    """Read a clock, once the device has done all that was asked."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
    return time.perf_counter()


def measure(calls: Dict[str, Callable], repeats: int, device: torch.device,
            title: str) -> Dict[str, float]:
    """Call everything in turn, a few rounds more than are counted.

    Args:
        calls (dict[str, callable]): What to time. Where a call returns
            :class:`Parts`, they are recorded as well.
        repeats (int): Rounds that count.
        device (torch.device): Waited for before and after each call.
        title (str): Of the progress bar.

    Returns:
        dict[str, float]: Median seconds by name, and of parts by
        ``name/part``.
    """
    seconds = defaultdict(list)
    rounds = WARM_UP + repeats
    with tqdm(total=rounds * len(calls), desc=title, unit='call') as progress:
        for _ in range(rounds):
            for name, call in calls.items():
                start = now(device)
                result = call()
                seconds[name].append(now(device) - start)
                if isinstance(result, Parts):
                    for part, value in result.items():
                        seconds[f'{name}/{part}'].append(value)
                progress.update()
    return {name: median(values[WARM_UP:]) for name, values in seconds.items()}


class Stopwatch:
    """Add up the time that parts of a call take.

    Args:
        device (torch.device): Waited for before and after each part.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._started = {}
        self._seconds = defaultdict(float)

    def watch(self, name: str, module: nn.Module) -> None:
        """Time a module's forward from now on."""
        module.register_forward_pre_hook(lambda *_: self._start(name))
        module.register_forward_hook(lambda *_: self._stop(name))

    def wrap(self, name: str, function: Callable) -> Callable:
        """Return the same function, timed."""

        def timed(*args, **kwargs):
            self._start(name)
            result = function(*args, **kwargs)
            self._stop(name)
            return result

        return timed

    def time(self, call: Callable) -> Parts:
        """Measure the seconds of each part of a call, and of the rest."""
        self._seconds.clear()
        start = now(self.device)
        call()
        whole = now(self.device) - start
        parts = Parts(self._seconds)
        parts['rest'] = whole - sum(parts.values())
        return parts

    def _start(self, name: str) -> None:
        self._started[name] = now(self.device)

    def _stop(self, name: str) -> None:
        self._seconds[name] += now(self.device) - self._started[name]
