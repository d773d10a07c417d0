"""Layers that a run would leave at their random weights."""
import copy
import re
from typing import List, Tuple

import torch.nn as nn
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.runner.loops import BaseLoop
from mmpose.registry import HOOKS
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present

from mmpose_pinet.wording import list_first

from .model_of import model_of
from .start_weights_hook import starts_of


@HOOKS.register_module()
class WeightsFitHook(Hook):
    """Stop a run in which random layers would be used as they are.

    MMEngine warns of weights that a checkpoint lacks or has in another shape,
    and goes on. That is right for a training, which learns them. It is wrong

    - for a test: the model's weights have to be in its checkpoint. What else
      is there is passed by, so that the PINet within a PINet+ can be tested;
    - for a training with ``model.train_only``: weights that it leaves as they
      are have to be in ``load_from``, or else, where there is none, to come
      from an ``init_cfg`` of the type ``'Pretrained'``.

    Raises:
        ValueError: With the config, the weights' names and what to do.
    """

    def before_run(self, runner: Runner) -> None:
        """Check that there is something to load for what will not learn."""
        model = model_of(runner)
        if not _trains(runner) or runner._load_from or runner._resume:
            return
        started = _pretrained(model)
        random = [
            name for name in _left_alone(model) if not name.startswith(started)
        ]
        if random:
            raise ValueError(
                f'{runner.cfg.filename or "the config"}: model.train_only='
                f'{list(model.train_only)} leaves {list_first(random)} as '
                'they are, which is random. Name the checkpoint that has '
                'them: load_from=FILE')

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check what was read, before MMEngine gives it to the model."""
        model = model_of(runner)
        needed = (_left_alone if _trains(runner) else _weights)(model)
        weights = copy.copy(checkpoint.get('state_dict', checkpoint))
        consume_prefix_in_state_dict_if_present(weights, 'module.')
        shapes = {
            name: value.shape
            for name, value in model.state_dict().items()
        }
        if all(name in weights and weights[name].shape == shapes[name]
               for name in needed):
            return
        # a model may know older names and shapes, and those of a release
        lacking = _not_filled(model, weights)
        random = [name for name in needed if name in lacking]
        if random:
            raise ValueError(
                f'{runner.cfg.filename or "the config"}: '
                f'{runner._load_from or "the checkpoint"} lacks '
                f'{list_first(random)}, or has them in another shape, so that '
                'they would stay random. Name a checkpoint of this '
                "config's model")
        # converted, and told, once
        checkpoint['state_dict'] = model.state_dict()


def _trains(runner: Runner) -> bool:
    """Whether the run is a training; a test has not built its loop."""
    return isinstance(runner._train_loop, BaseLoop)


def _weights(model: nn.Module) -> List[str]:
    """Names of what is random, or a statistic of nothing, at first; other
    buffers are constants, and older checkpoints lack some."""
    statistics = 'running_mean', 'running_var'
    return [name for name, _ in model.named_parameters()] + [
        name for name, _ in model.named_buffers() if name.endswith(statistics)
    ]


def _left_alone(model: nn.Module) -> List[str]:
    """Weights that ``model.train_only`` does not name."""
    learning = getattr(model, 'train_only', None)
    if learning is None:
        return []
    layers = tuple(f'{layer}.' for layer in learning)
    return [name for name in _weights(model) if not name.startswith(layers)]


def _pretrained(model: nn.Module) -> Tuple[str, ...]:
    """Prefixes of weights that come from an ``init_cfg``."""
    return tuple(f'{name}.' if name else '' for name, init in starts_of(model)
                 if init.get('type') == 'Pretrained')


def _not_filled(model: nn.Module, weights: dict) -> List[str]:
    """Load weights, and tell which of the model's they are not."""
    while True:
        try:
            return model.load_state_dict(weights, strict=False).missing_keys
        except RuntimeError as error:
            # PyTorch tells nothing else where shapes differ
            for name in re.findall(r'size mismatch for (\S+):', str(error)):
                del weights[name]
