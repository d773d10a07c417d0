"""Scripts of ``tools/``, as a user starts them and as modules.

A test module names the one it is about in ``SCRIPT``, a path below
``tools/``.
"""
import runpy
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


@pytest.fixture(scope='module')
def tool(request):
    """Names in the script, which is not started."""
    return runpy.run_path(str(TOOLS / request.module.SCRIPT))


@pytest.fixture(scope='module')
def start(request, server):
    """Start the script in a process of its own, with these arguments."""

    def start(*arguments, script=None):
        return server.run(TOOLS / (script or request.module.SCRIPT),
                          *arguments)

    return start
