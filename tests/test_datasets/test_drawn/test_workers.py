"""Spawned processes: the work ends when one of them does."""
import os
import signal

import pytest

from mmpose_pinet.datasets.drawn.workers import map_in_workers


def die_at_twenty(number):
    if number == 20:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_process_that_is_killed_ends_the_work():
    with pytest.raises(RuntimeError, match='too little memory'):
        list(map_in_workers(die_at_twenty, range(40), 1))
