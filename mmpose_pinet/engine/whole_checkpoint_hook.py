"""Checkpoints that are whole, whenever a training is killed."""
import os
from pathlib import Path
from typing import List, Optional

from mmengine.dist import barrier, is_main_process
from mmengine.fileio import LocalBackend, register_backend
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from mmengine.runner.loops import BaseLoop
from mmpose.registry import HOOKS

from mmpose_pinet.system.whole_file import (remove_unfinished,
                                            replaced_when_whole)

from .last_checkpoint import mend_last_checkpoint


@HOOKS.register_module()
class WholeCheckpointHook(CheckpointHook):
    """MMEngine's hook, with a whole checkpoint at every moment.

    MMEngine removes the oldest checkpoint, and the best one, before it writes
    the next, and writes in place: killed in between, a training with
    ``max_keep_ckpts=1`` has none. Here the next one is written to another
    name, renamed when it is whole, and then the old one is removed.

    ``--resume`` takes the newest checkpoint that is whole where
    ``last_checkpoint`` names none: see :func:`mend_last_checkpoint`.

    Local files alone are taken care of; of another backend it is the same
    hook as MMEngine's. The arguments are the same, too.

    Raises:
        OSError: If a checkpoint cannot be written, as on a full disk.
        ValueError: If ``--resume`` finds damaged checkpoints alone.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._outdated: List[str] = []

    def before_run(self, runner: Runner) -> None:
        """Clear up behind a training that was killed, before a resume."""
        if not isinstance(runner._train_loop, BaseLoop):
            return
        if is_main_process():
            folder = Path(runner.work_dir)
            if self.out_dir is not None:  # as `before_train` joins it
                folder = Path(self.out_dir, folder.name)
            remove_unfinished(folder, '*.pth')
            if runner._resume and runner._load_from is None:
                mend_last_checkpoint(
                    Path(runner.work_dir, 'last_checkpoint'),
                    sorted(
                        folder.glob(self.filename_tmpl.format('*')),
                        key=lambda file: file.stat().st_mtime,
                        reverse=True), runner.logger)
        barrier()

    def before_train(self, runner: Runner) -> None:
        """Write and remove by the backends below."""
        super().before_train(runner)
        if type(self.file_backend) is LocalBackend:
            self.file_backend = _RemovedLater(self._outdated)
            self.backend_args = dict(backend='whole_local')

    def after_train_epoch(self, runner: Runner) -> None:
        """Save, then remove."""
        super().after_train_epoch(runner)
        self._remove_outdated()

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: Optional[dict] = None,
                         outputs: Optional[dict] = None) -> None:
        """Save, then remove."""
        super().after_train_iter(runner, batch_idx, data_batch, outputs)
        self._remove_outdated()

    def after_val_epoch(self, runner: Runner, metrics: dict) -> None:
        """Save the best, then remove."""
        super().after_val_epoch(runner, metrics)
        self._remove_outdated()

    def _remove_outdated(self) -> None:
        while self._outdated:
            os.remove(self._outdated.pop())


class _RemovedLater(LocalBackend):
    """Local files, of which those to remove are noted.

    Args:
        outdated (list[str]): Where to note them.
    """

    def __init__(self, outdated: List[str]) -> None:
        self._outdated = outdated

    def remove(self, filepath: str) -> None:
        """Note a file."""
        self._outdated.append(filepath)


@register_backend('whole_local')
class WholeLocalBackend(LocalBackend):
    """Checkpoints as local files, that are there whole or not at all."""

    def put(self, obj: bytes, filepath: str) -> None:
        """Write a file.

        Args:
            obj (bytes): What it holds.
            filepath (str): Its path. What is there stays until it is whole.

        Raises:
            OSError: If it cannot be written: with the path and what to do.
        """
        try:
            with replaced_when_whole(filepath) as unfinished:
                with open(unfinished, 'wb') as file:
                    file.write(obj)
                    file.flush()
                    os.fsync(file.fileno())  # a power cut is a kill, too
        except OSError as error:
            raise OSError(
                f'{filepath} cannot be written ({error.strerror}), and the '
                'checkpoint before it is still there. Make room, or the '
                'folder writable, and go on with --resume') from error
