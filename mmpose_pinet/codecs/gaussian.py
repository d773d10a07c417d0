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
    weights = np.full((num_maps, h, w), background_weight, np.float32)

    valid = valid & (points >= 0).all(-1) & (points < (w, h)).all(-1)
    _, maps = np.nonzero(valid)
    centres = points[valid]  # (M', 2)

    start = np.floor(centres - 3 * sigma - 1)
    end = np.ceil(centres + 3 * sigma + 2)
    length = int(np.ceil(6 * sigma + 3)) + 1
    cells = start[..., None] + np.arange(length)  # (M', 2, L)
    written = (cells < end[..., None]) & (cells >= 0) & (
        cells < np.array([[w], [h]]))
    falloff = np.exp(-(cells - centres[..., None])**2 / (2 * sigma**2))

    # a Gaussian is the product of its two axes
    values = (falloff[:, 1, :, None] * falloff[:, 0, None, :])
    window = written[:, 1, :, None] & written[:, 0, None, :]
    cells = cells.astype(np.int64)
    index = (maps[:, None, None] * h + cells[:, 1, :, None]) * w \
        + cells[:, 0, None, :]
    index = index[window]
    np.maximum.at(
        heatmaps.reshape(-1), index, values[window].astype(np.float32))
    weights.reshape(-1)[index] = 1
    return heatmaps, weights
