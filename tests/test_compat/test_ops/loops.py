"""What plain loops read from a map between its cells."""
import math

import numpy as np


def read(features: np.ndarray, y: float, x: float) -> float:
    """Bilinear value of a map (H, W) at a point in cells, 0 off the map."""
    total = 0.
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < len(features) and 0 <= column < len(features[0]):
                share = (1 - abs(y - row)) * (1 - abs(x - column))
                total += share * features[row, column]
    return total
