"""A process that is bound to its parent ends with it."""
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

import mmpose_pinet.system.parent

pytestmark = pytest.mark.skipif(
    sys.platform != 'linux', reason='other kernels cannot')

# without the package, which imports PyTorch
run_python = partial(
    subprocess.Popen,
    stdout=subprocess.PIPE,
    text=True,
    cwd=Path(mmpose_pinet.system.parent.__file__).parent)

# starts a child that would sleep for a minute, and tells its id
PARENT = '''
import os, subprocess, sys, time
from functools import partial
from parent import end_with_parent
child = subprocess.Popen(
    ['sleep', '60'], preexec_fn=partial(end_with_parent, os.getpid()))
print(child.pid, flush=True)
time.sleep(60)
'''


def is_running(process):
    try:
        with open(f'/proc/{process}/stat') as file:
            return file.read().split()[2] not in 'ZX'
    except OSError:
        return False


def test_a_child_ends_with_a_killed_parent():
    parent = run_python([sys.executable, '-c', PARENT])
    child = int(parent.stdout.readline())
    assert is_running(child)
    parent.kill()
    parent.communicate()
    until = time.monotonic() + 10
    while is_running(child):
        assert time.monotonic() < until, 'the child lives on'
        time.sleep(.01)


def test_a_child_whose_parent_is_gone_ends_at_once():
    late = ('from parent import end_with_parent\n'
            'end_with_parent(1 << 30)')
    assert run_python([sys.executable, '-c', late]).wait() == -signal.SIGKILL


def test_a_child_with_its_parent_goes_on():
    fine = ('import os\n'
            'from parent import end_with_parent\n'
            f'end_with_parent({os.getpid()})')
    assert run_python([sys.executable, '-c', fine]).wait() == 0
