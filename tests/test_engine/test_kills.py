"""Trainings that are killed at any moment go on from a whole checkpoint."""
import os
import random
import signal
import sys
import time
from functools import partial

import pytest
from tiny_training import start_training

KILLS = 25
# of weights, and as many of momentum: their writing takes a good part of an
# epoch, so that some of the kills come in its midst
SIZE = 4_000_000


def last_epoch(folder):
    """The newest epoch of which there is a checkpoint, be it whole or not."""
    return max((int(file.stem.partition('_')[2])
                for file in folder.glob('epoch_*.pth')),
               default=0)


def survive(folder, kills):
    """Kill a training again and again, and count what goes wrong.

    Returns:
        dict[str, int]: ``kills``, those of them ``in the midst`` of a write,
        and faults: a training that was ``not resumed``, and starts afresh,
        and one whose last checkpoint was ``lost``.
    """
    rng = random.Random(0)
    counts = dict.fromkeys(['kills', 'in the midst', 'not resumed', 'lost'], 0)
    arguments = dict(epochs=10**6, resume=True, size=SIZE)
    reached = 0
    while counts['kills'] < kills:
        process = start_training(folder, **arguments)
        process.join(rng.uniform(0, 2))
        # every second one as soon as a checkpoint is seen being written
        while counts['kills'] % 2 and process.is_alive() and not list(
                folder.glob('.*.pth.*')):
            time.sleep(.001)
        if process.exitcode is None:
            process.kill()
            process.join()
            counts['kills'] += 1
            counts['in the midst'] += bool(list(folder.glob('.*.pth.*')))
            counts['lost'] += last_epoch(folder) < reached
            reached = last_epoch(folder)
        else:  # it failed by itself: the work dir is of no use any more
            counts['not resumed'] += 1
            for file in (*folder.glob('*.pth'), folder / 'last_checkpoint'):
                file.unlink(missing_ok=True)
            reached = 0
    return counts


@pytest.mark.slow
def test_kills_at_random_moments(tmp_path):
    counts = survive(tmp_path / 'run', KILLS)
    print(counts)
    assert counts['kills'] == KILLS and counts['in the midst'] > 0
    assert counts['not resumed'] == counts['lost'] == 0


def die_at_event(number, folder):
    """Let the kernel kill this process as it is about to open, rename or
    remove a checkpoint, or the file that names it, for the ``number`` th
    time."""
    seen = 0

    def count(event, arguments):
        nonlocal seen
        if event in ('open', 'os.rename', 'os.remove'):
            path = str(arguments[0])
            if path.startswith(str(folder)) and ('.pth' in path
                                                 or 'last_' in path):
                if seen == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

    sys.addaudithook(count)


@pytest.mark.slow
def test_kills_at_each_step_of_writing_checkpoints(tmp_path):
    for number in range(100):
        folder = tmp_path / str(number)
        process = start_training(
            folder, before=partial(die_at_event, number, folder), epochs=2)
        process.join()
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        there = [str(file) for file in folder.glob('epoch_*.pth')]
        process = start_training(folder, epochs=2, resume=True)
        process.join()
        log = (tmp_path / f'{number}.log').read_text()
        assert process.exitcode == 0, log
        # it goes on, and from nothing that is half
        assert not there or any(
            f'Loads checkpoint by local backend from path: {file}' in log
            for file in there)
        assert [file.name for file in folder.glob('epoch_2.pth')
                ] and not list(folder.glob('.*.pth.*'))
    print(f'killed at each of {number} steps')
    # of each epoch: open and rename a checkpoint, open what names it; then
    # remove the first one
    assert number == 7
