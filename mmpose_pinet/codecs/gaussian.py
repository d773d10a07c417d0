"""Gaussian heatmaps of many points at once."""
from typing import Tuple

import numpy as np


def inside_map(points: np.ndarray, heatmap_size: Tuple[int,
                                                       int]) -> np.ndarray:
    """Which points (..., 2) lie on a map (W, H), in cells: (..., ) bool."""
    x, y = points[..., 0], points[..., 1]
    w, h = heatmap_size
    return (x >= 0) & (x < w) & (y >= 0) & (y < h)


def draw_gaussians(points: np.ndarray, valid: np.ndarray,
                   heatmap_size: Tuple[int, int], sigma: float,
                   background_weight: float) -> Tuple[np.ndarray, np.ndarray]:
    """Draw one Gaussian a person and map, the larger value where two meet.

    A Gaussian is centred on its sub-cell position x and written from
    floor(x - 3 sigma - 1) to ceil(x + 3 sigma + 2), end excluded. A point
    outside the map writes nothing. The cost grows with the points, not with
    the maps.

    Args:
        points (np.ndarray): (N, M, 2) in cells, one for each of M maps.
        valid (np.ndarray): (N, M) bool, the points to draw.
        heatmap_size (tuple[int, int]): (W, H).
        sigma (float): In cells.
        background_weight (float): The weight outside every window.

    Returns:
        tuple[np.ndarray]: Heatmaps and weights, (M, H, W) each.
    """
    w, h = heatmap_size
    num_maps = points.shape[1]
    size = np.array([[[w]], [[h]]])
    valid = valid & inside_map(points, heatmap_size)
    _, maps = np.nonzero(valid)

    # axes first and points last, so that inner loops are long
    centres = points[valid].T[:, None]  # (2, 1, M')
    start = np.floor(centres - 3 * sigma - 1)
    end = np.ceil(centres + 3 * sigma + 2)
    length = int(np.ceil(6 * sigma + 3)) + 1
    cells = start + np.arange(length, dtype=np.float32)[:, None]  # (2, L, M')
    written = (cells < end) & (cells >= 0) & (cells < size)
    falloff = np.exp((cells - centres)**2 * np.float32(-0.5 / sigma**2))
    # where written, above 0 even when two axes meet: it tells the weights
    falloff_x, falloff_y = np.maximum(falloff, np.float32(1e-18)) * written

    # A Gaussian is the product of its two axes. What lies beyond the map
    # writes a 0 to the border, which changes nothing.
    x, y = np.clip(cells, 0, size - 1).astype(np.int64)
    values = falloff_y[:, None] * falloff_x  # (L, L, M')
    index = ((maps * h + y) * w)[:, None] + x
    heatmaps = np.zeros((num_maps, h, w), np.float32)
    np.maximum.at(heatmaps.reshape(-1), index.reshape(-1), values.reshape(-1))
    weights = np.full_like(heatmaps, background_weight)
    np.copyto(weights, 1, where=heatmaps > 0)
    return heatmaps, weights
