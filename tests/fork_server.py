"""Command lines in processes of their own, at the cost of a fork.

Run as a script, it imports what takes seconds once, and then forks a process
for each line of JSON on its stdin: real exit codes, nothing left behind, and
all of what is written, by libraries in C as well.
"""
import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import List, NamedTuple

ROOT = Path(__file__).parents[1]
LIMIT = 60  # s


class Ended(NamedTuple):
    """How a command line ended: exit code, negative for a signal, and what
    it wrote."""
    code: int
    out: str
    err: str
    seconds: float


class ForkServer:
    """Run Python scripts of the repository, in a folder.

    Args:
        folder (Path): Where they run, and where their output goes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = subprocess.Popen([sys.executable, __file__],
                                        cwd=folder,
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE,
                                        text=True,
                                        env=dict(
                                            os.environ,
                                            OMP_NUM_THREADS='1',
                                            PYTHONPATH=str(ROOT)))

    def run(self, script: str, arguments: List[str]) -> Ended:
        """Run a script, a path in the repository, with these arguments."""
        started = time.monotonic()
        print(
            json.dumps([script, *arguments]),
            file=self._server.stdin,
            flush=True)
        code = int(self._server.stdout.readline())
        seconds = time.monotonic() - started
        out, err = ((self.folder / name).read_text(errors='replace')
                    for name in ('stdout.txt', 'stderr.txt'))
        return Ended(code, out, err, seconds)

    def close(self) -> None:
        """End the server."""
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()


def serve() -> None:
    """Fork and run, until stdin ends."""
    gc.freeze()  # or every child copies all objects to count them
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(run(json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(argv: List[str]) -> int:
    """Run a script and return its exit code, as Python's command line does
    but for the taking down of the interpreter, which takes seconds."""
    signal.alarm(LIMIT)
    for number, name in enumerate(('/dev/null', 'stdout.txt', 'stderr.txt')):
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(name, flags), number)
    script = ROOT / argv[0]
    sys.argv = [str(script), *argv[1:]]
    sys.path[0] = str(script.parent)
    try:
        if script.name == '__main__.py':
            runpy.run_module(script.parent.name, run_name='__main__')
        else:
            runpy.run_path(str(script), run_name='__main__')
        return 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == '__main__':
    import mmpose_pinet  # noqa: F401  before MMPose

    # isort: split
    import matplotlib.pyplot  # noqa: F401
    import mmpose.apis  # noqa: F401
    import mmpose.datasets  # noqa: F401

    import mmpose_pinet.apis.check_data  # noqa: F401
    import mmpose_pinet.apis.export_model  # noqa: F401
    import mmpose_pinet.visualization  # noqa: F401
    serve()
