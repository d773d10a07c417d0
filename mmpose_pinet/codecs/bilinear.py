"""Cells of a map and points between them, for sparse reading."""
from typing import Tuple

import torch
from torch import Tensor

Corners = Tuple[Tensor, Tensor]


def linear_corners(positions: Tensor, size: int) -> Corners:
    """Find the two cells around each position on one axis, and their shares.

    Args:
        positions (Tensor): (..., ) in cells.
        size (int): Cells of the axis.

    Returns:
        tuple[Tensor]: Cells, int64, and weights, (..., 2) each. A corner
        outside has weight 0 (zero padding) and is moved to a cell that may be
        read safely.
    """
    left = positions.floor()
    share = positions - left
    cells = torch.stack([left, left + 1], dim=-1)
    weights = torch.stack([1 - share, share], dim=-1)
    weights = weights * ((cells >= 0) & (cells < size))
    # positions may lie so far away that an integer cannot hold them, or be
    # NaN: their weights say so then, and no cell outside is read
    cells = cells.masked_fill(~(cells > 0), 0).clamp(max=size - 1)
    return cells.long(), weights


def cross(x: Corners, y: Corners, width: int) -> Corners:
    """Combine the corners of both axes.

    Args:
        x (tuple[Tensor]): Cells and weights, (..., m) each.
        y (tuple[Tensor]): Likewise, (..., n).
        width (int): W of the map.

    Returns:
        tuple[Tensor]: Flat cells y * W + x and weights, (..., n * m) each.
    """
    cells = y[0].unsqueeze(-1) * width + x[0].unsqueeze(-2)
    weights = y[1].unsqueeze(-1) * x[1].unsqueeze(-2)
    return cells.flatten(-2), weights.flatten(-2)


def cell_to_point(cells: Tensor, width: int) -> Tensor:
    """Turn flat cells y * W + x (t, ) into points (t, 2) in cells."""
    rows = torch.div(cells, width, rounding_mode='floor')
    return torch.stack([cells - rows * width, rows], dim=-1).float()
