"""Gaussian heatmaps of many points at once."""
from typing import Tuple

import numpy as np


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
    heatmaps = np.zeros((num_maps, h, w), np.float32)

    valid = valid & (points >= 0).all(-1) & (points < (w, h)).all(-1)
    _, maps = np.nonzero(valid)
    centres = points[valid]  # (M', 2)

    start = np.floor(centres - 3 * sigma - 1)
    end = np.ceil(centres + 3 * sigma + 2)
    length = int(np.ceil(6 * sigma + 3)) + 1
    cells = start[..., None] + np.arange(length)  # (M', 2, L)
    limits = np.array([[w], [h]])
    written = (cells < end[..., None]) & (cells >= 0) & (cells < limits)
    offsets = (cells - centres[..., None]).astype(np.float32)
    falloff = np.exp(offsets**2 * np.float32(-0.5 / sigma**2))
    # where written, above 0 even when two axes meet: it tells the weights
    falloff = np.maximum(falloff, np.float32(1e-18)) * written

    # A Gaussian is the product of its two axes. What lies beyond the map
    # writes a 0 to the border, which changes nothing.
    values = falloff[:, 1, :, None] * falloff[:, 0, None, :]
    cells = np.clip(cells, 0, limits - 1).astype(np.int64)
    rows = (maps[:, None] * h + cells[:, 1]) * w
    index = rows[:, :, None] + cells[:, 0, None, :]
    np.maximum.at(heatmaps.reshape(-1), index.reshape(-1), values.reshape(-1))
    weights = np.where(heatmaps > 0, np.float32(1),
                       np.float32(background_weight))
    return heatmaps, weights
