"""Bilinear interpolation as indices and weights, for sparse reading."""
from typing import Tuple

import torch
from torch import Tensor


def bilinear_corners(points: Tensor,
                     size: Tuple[int, int]) -> Tuple[Tensor, Tensor]:
    """The four cells around each point and their shares.

    Args:
        points (Tensor): (..., 2) in cells.
        size (tuple[int, int]): Map size (W, H).

    Returns:
        tuple[Tensor]: Flat cell indices y * W + x, int64, and weights, both
        (..., 4). A corner outside the map has weight 0 (zero padding) and an
        index that may be read safely.
    """
    limit = points.new_tensor(size) - 1
    base = points.floor()
    share = points - base
    corners = torch.stack([base, base + 1], dim=-1)  # (..., 2, 2): axis, side
    weights = torch.stack([1 - share, share], dim=-1)
    weights = weights * ((corners >= 0) & (corners <= limit[:, None]))
    # points may lie anywhere, and so far that an integer cannot hold them
    corners = torch.min(corners.clamp(min=0), limit[:, None]).long()
    index = corners[..., 1, :, None] * size[0] + corners[..., 0, None, :]
    weights = weights[..., 1, :, None] * weights[..., 0, None, :]
    return index.flatten(-2), weights.flatten(-2)
