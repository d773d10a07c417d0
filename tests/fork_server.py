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
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

ROOT = Path(__file__).parents[1]


class Ended(NamedTuple):
    """How a command line ended: exit code, negative for a signal, and what
    it wrote, under the names of :class:`subprocess.CompletedProcess`."""
    returncode: int
    stdout: str
    stderr: str
    seconds: float


class ForkServer:
    """Run Python scripts, and code, as processes of their own.

    Args:
        package_root (Path): Where the package is imported from. Defaults to
            the repository.
    """

    def __init__(self, package_root: Path = ROOT) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._server = subprocess.Popen([sys.executable, __file__],
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE,
                                        text=True,
                                        env=dict(
                                            os.environ,
                                            OMP_NUM_THREADS='1',
                                            PYTHONPATH=str(package_root)))

    def run(self,
            script: Any,
            *arguments: Any,
            cwd: Optional[Path] = None,
            limit: int = 600) -> Ended:
        """Run a script, a path that may be relative to the repository, or
        ``-c`` and code, with these arguments, for ``limit`` s at most. Its
        environment and folder are the caller's, as with subprocess."""
        started = time.monotonic()
        outputs = [Path(self._folder.name, name) for name in ('out', 'err')]
        line = dict(
            argv=[str(word) for word in (script, *arguments)],
            cwd=str(cwd or Path.cwd()),
            environment=dict(os.environ),
            outputs=list(map(str, outputs)),
            limit=limit)
        print(json.dumps(line), file=self._server.stdin, flush=True)
        code = int(self._server.stdout.readline())
        seconds = time.monotonic() - started
        out, err = (file.read_text(errors='replace') for file in outputs)
        return Ended(code, out, err, seconds)

    def close(self) -> None:
        """End the server. That its stdin closes would not do: processes that
        a test has forked, and forgotten, have it as well."""
        self._server.kill()
        self._server.wait()
        self._server.stdin.close()
        self._server.stdout.close()
        self._folder.cleanup()


def serve() -> None:
    """Fork and run, until stdin ends."""
    gc.freeze()  # or every child copies all objects to count them
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(run(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(argv: List[str], cwd: str, environment: Dict[str, str],
        outputs: List[str], limit: int) -> int:
    """Run a script or code and return its exit code, as Python's command
    line does but for the taking down of the interpreter, which takes seconds.
    """
    signal.alarm(limit)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in enumerate(('/dev/null', *outputs)):
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(name, flags), number)
    try:
        run_as_main(*argv)
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


def run_as_main(script: str, *arguments: str) -> None:
    """Give the script, or the code after ``-c``, what it is started with."""
    if script == '-c':
        sys.argv, sys.path[0] = ['-c', *arguments[1:]], ''
        names: Dict[str, Any] = dict(__name__='__main__')
        exec(compile(arguments[0], '<string>', 'exec'), names)
        return
    path = ROOT / script
    sys.argv, sys.path[0] = [str(path), *arguments], str(path.parent)
    if path.name == '__main__.py':
        runpy.run_module(path.parent.name, run_name='__main__')
    else:
        runpy.run_path(str(path), run_name='__main__')


if __name__ == '__main__':
    import mmpose_pinet  # noqa: F401  before MMPose

    # isort: split
    import matplotlib.pyplot  # noqa: F401
    import mmengine.config.config
    import mmpose.apis  # noqa: F401
    import mmpose.datasets  # noqa: F401
    from mmengine.utils.dl_utils import collect_env

    import mmpose_pinet.apis.check_data  # noqa: F401
    import mmpose_pinet.apis.export_model  # noqa: F401
    import mmpose_pinet.visualization  # noqa: F401

    # for logs; both take longer than small trainings
    collect_env()  # asks for the compiler's version once
    mmengine.config.config.FormatCode = lambda text, **_: (text, True)
    serve()
