"""Pictures as the network takes them, and poses back in image px.

The same as ``BottomupBoundedResize`` with ``resize_mode='expand'``, and as the
way back of MMPose's estimator: bit by bit.
"""
from typing import NamedTuple, Tuple

import cv2
import numpy as np

from mmpose_pinet.pictures.bounds import bound_size

from .metadata import FileMetadata


class InputFrame(NamedTuple):
    """Where the input of the network lies in the picture."""

    size: Tuple[int, int]  # width and height in input px
    center: np.ndarray  # (2, ) float32 in image px
    extent: np.ndarray  # (2, ) float32, its width and height in image px

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Turn points (..., 2) in input px into image px, as float64."""
        return (points / np.array(self.size) * self.extent + self.center -
                0.5 * self.extent)


def resize(image: np.ndarray,
           metadata: FileMetadata) -> Tuple[np.ndarray, InputFrame]:
    """Resize a picture to its input size, aspect kept.

    The short side becomes ``short_side``, rounded up to a multiple of
    ``size_factor``; the long side is padded on both ends to such a multiple.
    Pictures of more than 8:1 become smaller, see :func:`bound_size`.

    Args:
        image (np.ndarray): (h, w, 3).
        metadata (FileMetadata): Knows the sizes and the colour of the pad.

    Returns:
        tuple: The input, alike, and the frame it lies in.
    """
    height, width = image.shape[:2]
    factor = metadata.size_factor
    side = _round_up(metadata.short_side, factor)
    ratio = width / height
    exact = bound_size((max(side, side * ratio), max(side, side / ratio)),
                       (side, side))
    size = _round_up(exact[0], factor), _round_up(exact[1], factor)
    center = np.array([width / 2, height / 2], np.float32)
    extent = np.array(
        [width * size[0] / exact[0], height * size[1] / exact[1]], np.float32)
    matrix = cv2.getAffineTransform(
        _right_angle(center, 0.5 * extent[0]),
        _right_angle(0.5 * np.array(size), 0.5 * size[0]))
    resized = cv2.warpAffine(
        image,
        matrix,
        size,
        flags=cv2.INTER_LINEAR,
        borderValue=metadata.pad_value)
    return resized, InputFrame(size, center, extent)


def _round_up(side: float, factor: int) -> int:
    return int(np.ceil(side / factor) * factor)


def _right_angle(center: np.ndarray, half_width: float) -> np.ndarray:
    """Three points (3, 2) float32: the centre, the middle of the left edge,
    and one as far below that as the centre is aside."""
    points = np.array([center, center - [half_width, 0], center], np.float32)
    points[2] = points[1] + (points[0] - points[1])[::-1]
    return points
