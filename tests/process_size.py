"""What a process holds: memory and handles, as Linux counts them."""
import os
from pathlib import Path

import pytest

needs_linux = pytest.mark.skipif(
    not Path('/proc/self/statm').exists(), reason='Linux counts there')


def size_of(pid='self'):
    """Resident memory in MB, and open handles."""
    process = Path('/proc', str(pid))
    pages = int((process / 'statm').read_text().split()[1])
    return (pages * os.sysconf('SC_PAGE_SIZE') / 2**20,
            len(os.listdir(process / 'fd')))


def children():
    """Process ids of the processes that this one started and that live."""
    return sorted(
        pid for task in Path('/proc/self/task').iterdir()
        for pid in (task / 'children').read_text().split())
