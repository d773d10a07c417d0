"""One training a folder."""
import os
import socket
from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.runner.loops import BaseLoop
from mmpose.registry import HOOKS

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@HOOKS.register_module()
class WorkDirLockHook(Hook):
    """Refuse a training in a folder where another one runs.

    Two of them would write and remove each other's checkpoints. The lock is
    one of the kernel's, on ``.training.lock`` in ``work_dir``, and goes with
    its process, however that ends. Tests are not locked out.

    Raises:
        BlockingIOError: With the folder, who trains there, and what to do.
    """

    priority = 'VERY_HIGH'
    _file = None

    @master_only
    def before_run(self, runner: Runner) -> None:
        """Take the lock for a training."""
        if not isinstance(runner._train_loop, BaseLoop):
            return
        if fcntl is None:
            self._warn(runner, 'this system has no such locks')
            return
        self._file = (Path(runner.work_dir) / '.training.lock').open('a+')
        try:
            # not flock, whose locks live on in forked workers
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            self._file.seek(0)
            raise BlockingIOError(
                f'{runner.work_dir} is taken: {self._file.read().strip()} '
                'trains there. Give this run a --work-dir of its own, or wait'
            ) from error
        except OSError as error:  # some network file systems
            self._warn(runner, error)
        self._file.truncate(0)
        self._file.write(f'process {os.getpid()} on {socket.gethostname()}\n')
        self._file.flush()

    def _warn(self, runner: Runner, reason) -> None:
        runner.logger.warning(
            f'{runner.work_dir} cannot be locked ({reason}): see to it that '
            'nothing else trains there')

    @master_only
    def after_run(self, runner: Runner) -> None:
        """Give the folder back."""
        if self._file is not None:
            self._file.close()
            self._file = None
