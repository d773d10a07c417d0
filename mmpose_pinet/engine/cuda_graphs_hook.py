"""A backbone that trains on a GPU without waiting for Python."""
from typing import Callable, Optional, Sequence, Tuple

import torch
import torch.nn as nn
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.registry import HOOKS
from torch import Tensor

from mmpose_pinet.models.cuda_graphs import (Watch, autocast_type,
                                             without_autocast_cache)


@HOOKS.register_module()
class CudaGraphsHook(Hook):
    """Replay the backbone's passes, forward and backward, on one GPU.

    HRNet has thousands of kernels there and back, and Python takes longer to
    ask for them than a GPU to run them. The first batch is recorded; batches
    of another form (shape, strides, type, autocast's type) run as they did.

    Forward hooks of the backbone's layers are called while recording alone.
    What lies between input and gradients keeps its memory during validation.

    Raises:
        ValueError: If the model is not on one GPU alone, or gradients are
            accumulated over several batches.
    """

    def before_train(self, runner: Runner) -> None:
        """Record the first batch from now on."""
        model = runner.model
        if is_model_wrapper(model) or \
                next(model.parameters()).device.type != 'cuda':
            raise ValueError(
                'CudaGraphsHook is for a training on one GPU: take it out of '
                'custom_hooks')
        counts = getattr(runner.optim_wrapper, '_accumulative_counts', 1)
        if counts != 1:
            raise ValueError(
                'CudaGraphsHook overwrites the gradients of the last batch: '
                f'set optim_wrapper.accumulative_counts=1, not {counts}, or '
                'take it out of custom_hooks')
        if not isinstance(model.backbone.forward, ReplayedForward):
            model.backbone.forward = ReplayedForward(model.backbone)

    def after_train(self, runner: Runner) -> None:
        """Give the backbone its own forward pass back."""
        del runner.model.backbone.forward


class ReplayedForward:
    """The forward pass of a module, recorded with its backward pass.

    Args:
        module (nn.Module): From one tensor to several. With weights that stay
            where they are; where one is moved, it runs as it did.
        record (callable): Turns a module without hooks and an input into a
            replay that autograd knows.
    """

    def __init__(self,
                 module: nn.Module,
                 record: Optional[Callable] = None) -> None:
        self._module = module
        self._forward = module.forward
        self._record = record or record_training
        self._form = self._watch = self._replay = None

    def __call__(self, images: Tensor) -> Sequence[Tensor]:
        """Compute the outputs of images, as the module does.

        Raises:
            RuntimeError: If gradients of another batch are still there, which
                a replay would overwrite, or nothing can be recorded.
        """
        if not (self._module.training and torch.is_grad_enabled()):
            return self._forward(images)
        form = (images.shape, images.stride(), images.dtype, images.device,
                autocast_type())
        if self._form is None:
            self._watch = Watch([self._module])
            self._replay = self._record(
                _Module(self._module, self._forward), images)
            self._form = form
            self._weights = [
                x for x in self._module.parameters() if x.requires_grad
            ]
        if form != self._form or not self._watch.holds([self._module]):
            return self._forward(images)
        # of one weight as of all
        if any(x.grad is not None for x in self._weights[:1]):
            raise RuntimeError(
                'CudaGraphsHook: gradients of the last batch are still there '
                'and would be overwritten. Set them to None before each batch '
                '(optimizer.zero_grad does), or take the hook out of '
                'custom_hooks')
        return self._replay(images)


class _Module(nn.Module):
    """The weights of a module and its forward pass, without its hooks."""

    def __init__(self, module: nn.Module, forward: Callable) -> None:
        super().__init__()
        self.body = module
        self._forward = forward

    def forward(self, images: Tensor) -> Tuple[Tensor, ...]:
        return tuple(self._forward(images))


def record_training(module: nn.Module, images: Tensor) -> Callable:
    """Record a module's passes, forward and backward, on a GPU.

    Args:
        module (nn.Module): In training mode. Its running statistics are left
            as they are.
        images (Tensor): Its input.

    Returns:
        callable: From other inputs of this form to its outputs.

    Raises:
        RuntimeError: If the module waits for the GPU.
    """
    statistics = [x.clone() for x in module.buffers()]
    try:
        with without_autocast_cache():
            replay = torch.cuda.make_graphed_callables(
                module, (images.detach(), ), allow_unused_input=True)
    except RuntimeError as error:
        raise RuntimeError(
            f'What model.backbone does cannot be recorded ({error}): take '
            'CudaGraphsHook out of custom_hooks') from error
    with torch.no_grad():
        for buffer, before in zip(module.buffers(), statistics):
            buffer.copy_(before)
    return replay
