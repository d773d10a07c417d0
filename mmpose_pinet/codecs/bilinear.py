"""Cells of a map and points between them, for sparse reading."""
from typing import Tuple

import torch
from torch import Tensor


def bilinear_corners(points: Tensor,
                     size: Tuple[int, int]) -> Tuple[Tensor, Tensor]:
    """Find the four cells around each point and their shares.

    Args:
        points (Tensor): (..., 2) in cells.
        size (tuple[int, int]): Map size (W, H).

    Returns:
        tuple[Tensor]: Cells (x, y), (..., 4, 2) int64, and weights (..., 4).
        A corner outside the map has weight 0 (zero padding) and is moved to
        a cell that may be read safely.
    """
    limit = points.new_tensor(size) - 1
    sides = points.new_tensor([[0, 0], [1, 0], [0, 1], [1, 1]])
    base = points.floor()
    cells = base.unsqueeze(-2) + sides
    # the share is 1 - s on the left side, at 0, and s on the right, at 1
    weights = (1 - sides - (points - base).unsqueeze(-2)).abs().prod(-1)
    weights = weights * ((cells >= 0) & (cells <= limit)).all(-1)
    # points may lie anywhere, and so far that an integer cannot hold them
    cells = torch.min(cells.clamp(min=0), limit).long()
    return cells, weights


def cell_to_point(cells: Tensor, width: int) -> Tensor:
    """Turn flat cell indices y * W + x (t, ) into points (t, 2) in cells."""
    rows = torch.div(cells, width, rounding_mode='floor')
    return torch.stack([cells - rows * width, rows], dim=-1).float()
