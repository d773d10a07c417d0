"""Scripts of ``tools/``, as a user starts them and as modules.

A test module names the one it is about in ``SCRIPT``, a path below
``tools/``.
"""
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


@pytest.fixture(scope='module')
def tool(request):
    """Names in the script, which is not started."""
    return runpy.run_path(str(TOOLS / request.module.SCRIPT))


@pytest.fixture(scope='module')
def start(request):
    """Start the script in a process of its own, with these arguments."""

    def start(*arguments, script=None):
        return subprocess.run([
            sys.executable, TOOLS /
            (script or request.module.SCRIPT), *map(str, arguments)
        ],
                              capture_output=True,
                              text=True)

    return start
