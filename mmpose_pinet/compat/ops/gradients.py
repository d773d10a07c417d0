"""Backward passes from forward ones."""
from typing import Callable, Sequence, Tuple

import torch
from torch import Tensor


def gradients(function: Callable[..., Tensor], inputs: Sequence[Tensor],
              grad_output: Tensor) -> Tuple[Tensor, ...]:
    """Compute a function once more, and its gradients by autograd.

    mmcv's wrappers keep the inputs of an op between forward and backward, and
    no graph.

    Args:
        function (Callable): Takes all of ``inputs``, returns one tensor.
        inputs (Sequence[Tensor]): What to differentiate by.
        grad_output (Tensor): Gradient by the function's result, of its shape.

    Returns:
        tuple[Tensor]: A gradient of the shape of each input.
    """
    with torch.enable_grad():
        inputs = [tensor.detach().requires_grad_() for tensor in inputs]
        return torch.autograd.grad(function(*inputs), inputs, grad_output)
