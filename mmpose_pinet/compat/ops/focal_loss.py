"""Focal loss of sigmoids, behind ``mmcv.ops.sigmoid_focal_loss``."""
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from .gradients import gradients


def sigmoid_focal_loss_forward(input: Tensor, target: Tensor, weight: Tensor,
                               output: Tensor, gamma: float,
                               alpha: float) -> None:
    """Compute -alpha_t * (1 - p_t)^gamma * log(p_t) of every class.

    Args:
        input (Tensor): Logits (N, C).
        target (Tensor): The class (N, ) of each row, from 0 to C - 1; any
            other number is background.
        weight (Tensor): Weights of the rows' classes (C, ), or empty.
        output (Tensor): Gets the losses (N, C).
        gamma (float): How little easy examples count.
        alpha (float): Weight of a row's own class; 1 - alpha of the others.
    """
    output.copy_(_loss(input, target, weight, gamma, alpha))


def sigmoid_focal_loss_backward(input: Tensor, target: Tensor, weight: Tensor,
                                grad_input: Tensor, gamma: float,
                                alpha: float) -> None:
    """Fill ``grad_input`` (N, C) with the derivative of each loss by its
    logit; see :func:`sigmoid_focal_loss_forward`."""
    grad, = gradients(
        lambda logits: _loss(logits, target, weight, gamma, alpha), [input],
        torch.ones_like(input))
    grad_input.copy_(grad)


def _loss(logits: Tensor, target: Tensor, weight: Tensor, gamma: float,
          alpha: float) -> Tensor:
    classes = torch.arange(logits.shape[1], device=logits.device)
    own = target[:, None] == classes
    of_truth = torch.where(own, logits, -logits)
    # Logarithms, as a power of 1 - p_t has no gradient where p_t rounds to 1.
    focus = torch.exp(gamma * logsigmoid(-of_truth))
    balance = torch.full_like(logits, 1 - alpha).masked_fill(own, alpha)
    loss = -balance * focus * logsigmoid(of_truth)
    return loss * weight[target][:, None] if len(weight) else loss
