"""How long the network's input may become."""
from typing import Tuple

# Time and memory follow the input's area. An input of 512 px is 4,096 px long
# at most: photographs of people stay under 5:1, and a panorama of 300:1 would
# be 153,600 px long.
MAX_RATIO = 8


def bound_size(size: Tuple[float, float],
               side: Tuple[float, float]) -> Tuple[float, float]:
    """Shrink a picture that is far longer than it is high, or higher.

    Args:
        size (tuple[float, float]): (w, h) in input px to which it would be
            resized.
        side (tuple[float, float]): (w, h) of the input without its length.

    Returns:
        tuple[float, float]: (w, h), at most ``MAX_RATIO`` times the side,
        aspect kept; the same where it is not longer.
    """
    shrink = min(1, MAX_RATIO * side[0] / size[0],
                 MAX_RATIO * side[1] / size[1])
    return size[0] * shrink, size[1] * shrink
