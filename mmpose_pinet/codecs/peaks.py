"""Peaks of heatmaps."""
from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor


def highest_maxima(maps: Tensor, kernel: int,
                   count: int) -> Tuple[Tensor, Tensor]:
    """Find the highest local maxima of each map.

    Args:
        maps (Tensor): (B, M, H, W).
        kernel (int): A maximum is the highest of a window of so many cells a
            side around it.
        count (int): How many, n.

    Returns:
        tuple[Tensor]: Falling values and flat cells y * W + x, (B, M, n)
        each; where there are not so many maxima, the value is 0.
    """
    # the highest of each window, one axis after the other: on the CPU many
    # times faster than max_pool2d
    padded = F.pad(maps, [kernel // 2] * 4, value=-float('inf'))
    highest = padded.unfold(3, kernel, 1).amax(-1)
    highest = highest.unfold(2, kernel, 1).amax(-1)
    return maps.masked_fill(maps != highest, 0).flatten(2).topk(count, dim=-1)


def every_index(values: Tensor) -> Tuple[Tensor, ...]:
    """Index all values, zero or not, as ``nonzero(as_tuple=True)`` would."""
    axes = [torch.arange(n, device=values.device) for n in values.shape]
    return tuple(x.flatten() for x in torch.meshgrid(*axes, indexing='ij'))
