"""Weights that a training starts from, fetched before it starts."""
from typing import Iterator, Tuple

import torch.nn as nn
from mmengine.hooks import Hook
from mmengine.runner import CheckpointLoader, Runner
from mmengine.runner.loops import BaseLoop
from mmpose.registry import HOOKS

from .model_of import model_of


@HOOKS.register_module()
class StartWeightsHook(Hook):
    """Fetch what ``init_cfg`` of a model's layers has to download.

    The files stay where PyTorch keeps such files, and the training finds
    them. MMEngine alone, where there is no network, ends in a traceback that
    names no key.

    Raises:
        ValueError: If one cannot be downloaded: with the config, the key, the
            address and what to do.
    """

    def before_run(self, runner: Runner) -> None:
        """Fetch them for a training; a test starts from a checkpoint."""
        if not isinstance(runner._train_loop, BaseLoop):
            return
        for key, address in _downloads(model_of(runner)):
            try:
                CheckpointLoader.load_checkpoint(address, map_location='cpu')
            except OSError as error:  # urllib's are
                raise ValueError(
                    f'{runner.cfg.filename or "the config"}: '
                    f'{key}.checkpoint={address!r} cannot be downloaded '
                    f'({error}). Fetch it where there is a network and put '
                    'it where the line "Downloading" above says, or name '
                    f'your file: --cfg-options {key}.checkpoint=FILE. To '
                    f'start from scratch: --cfg-options {key}=None') from error


def starts_of(model: nn.Module,
              prefix: str = '') -> Iterator[Tuple[str, dict]]:
    """Tell what a model's layers start from: their names, and each entry of
    their ``init_cfg``."""
    for name, module in model.named_modules(prefix=prefix):
        init_cfg = getattr(module, 'init_cfg', None) or []
        for init in [init_cfg] if isinstance(init_cfg, dict) else init_cfg:
            yield name, init


def _downloads(model: nn.Module) -> Iterator[Tuple[str, str]]:
    """The keys and addresses of weights that are no local file."""
    for name, init in starts_of(model, prefix='model'):
        if '://' in init.get('checkpoint', ''):
            yield f'{name}.init_cfg', init['checkpoint']
