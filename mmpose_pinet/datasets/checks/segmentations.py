"""COCO segmentations, read with no native code that could die of them.

The decoders of pycocotools and xtcocotools trust what they are given. Counts
beyond the image, a string cut off in a count, a polygon's point at infinity:
each ends the process by a signal, or fills the mask with other memory.
"""
from typing import Any, List, Tuple, Union

import numpy as np

from .numbers import check_numbers

# A character of a compressed RLE stands for 6 bits from '0' on: 5 of a count,
# the lowest first, and one that says that the count goes on.
_FIRST = ord('0')
_BITS = 5
_GOES_ON = 1 << _BITS
_NEGATIVE = 1 << _BITS - 1
# Enough for a difference of two counts of 32 bits
_MOST_CHARACTERS = 7


def check_segmentation(segmentation: Any, image_shape: Tuple[int,
                                                             int]) -> None:
    """Check that a segmentation can be drawn.

    Args:
        segmentation (dict | list | None): An RLE, compressed or not, or a
            list of polygons, each a flat list x1, y1, x2, y2, ... in image
            px. None and an empty list pass: nothing is segmented.
        image_shape (tuple[int, int]): (h, w) of its image.

    Raises:
        ValueError: With what is wrong.
    """
    if isinstance(segmentation, dict):
        rle_counts(segmentation, image_shape)
    elif isinstance(segmentation, list):
        for polygon in segmentation:
            _check_polygon(polygon, image_shape)
    elif segmentation is not None:
        raise ValueError(f'is a {type(segmentation).__name__}, neither a list '
                         'of polygons nor an RLE')


def rle_mask(rle: dict, image_shape: Tuple[int, int]) -> np.ndarray:
    """Draw a run-length encoded segmentation.

    Args:
        rle (dict): See :func:`rle_counts`.
        image_shape (tuple[int, int]): (h, w) of its image.

    Returns:
        np.ndarray: (h, w) uint8, 1 on the object.

    Raises:
        ValueError: If it is malformed.
    """
    counts = rle_counts(rle, image_shape)
    runs = (np.arange(len(counts)) % 2).astype(np.uint8)
    height, width = image_shape
    return np.repeat(runs, counts).reshape(width, height).T  # by columns


def rle_counts(rle: dict, image_shape: Tuple[int, int]) -> np.ndarray:
    """Read the lengths of an RLE's runs of 0 and 1, in turns.

    Args:
        rle (dict): ``size``, (h, w), and ``counts``: a list of ints, or a
            string or bytes where compressed.
        image_shape (tuple[int, int]): (h, w) of its image.

    Returns:
        np.ndarray: int64, the counts, whose sum is h * w.

    Raises:
        ValueError: If it is malformed or of another size than its image.
    """
    for key in ('size', 'counts'):
        if key not in rle:
            raise ValueError(f'RLE has no {key}')
    if not isinstance(rle['size'],
                      (list, tuple)) or list(rle['size']) != list(image_shape):
        raise ValueError(f'RLE has size {rle["size"]}, but its image is '
                         f'{list(image_shape)} (height, width)')
    counts = rle['counts']
    if isinstance(counts, (str, bytes)):
        counts = _decompress(counts)
    elif isinstance(counts, list) and all(type(n) is int for n in counts):
        counts = _as_int64(counts)
    else:
        raise ValueError('RLE counts are neither a list of ints nor a string')
    if (counts < 0).any():
        raise ValueError(f'RLE has a negative count, {counts.min()}')
    # a sum of int64 could overflow, and a sum of floats is near enough
    size = image_shape[0] * image_shape[1]
    if counts.max(initial=0) > size or counts.sum() != size:
        raise ValueError(f'RLE counts sum to {counts.sum(dtype=float):.0f}, '
                         f'but its image has {size} px')
    return counts


def _as_int64(counts: List[int]) -> np.ndarray:
    try:
        return np.array(counts, np.int64)
    except OverflowError as error:
        raise ValueError(f'RLE has a count of {max(counts)}') from error


def _decompress(string: Union[str, bytes]) -> np.ndarray:
    """The counts, int64, of a compressed RLE."""
    if isinstance(string, str):
        if not string.isascii():
            raise ValueError('RLE string has a character beyond ASCII')
        string = string.encode()
    codes = np.frombuffer(string, np.uint8).astype(np.int64) - _FIRST
    wrong = np.flatnonzero((codes < 0) | (codes >= 2 * _GOES_ON))
    if wrong.size:
        raise ValueError(f'RLE string has {chr(string[wrong[0]])!r} at '
                         f'character {wrong[0]}')
    ends = np.flatnonzero(codes < _GOES_ON)
    if len(codes) and (not len(ends) or ends[-1] != len(codes) - 1):
        raise ValueError('RLE string is cut off in a count')
    starts = np.concatenate([[0], ends[:-1] + 1])[:len(ends)]
    if (ends - starts >= _MOST_CHARACTERS).any():
        raise ValueError('RLE string has a count of more than 32 bits')

    length = ends - starts + 1
    place = np.arange(len(codes)) - np.repeat(starts, length)
    digits = (codes & _GOES_ON - 1) << _BITS * place
    values = np.add.reduceat(digits, starts) if len(codes) else digits
    values = values - (
        (codes[ends] & _NEGATIVE > 0) << _BITS * length)  # two's complement
    # From the fourth on, a count is told by its difference to the last but
    # one, which is a run of the same colour
    counts = values.copy()
    counts[1::2] = np.cumsum(values[1::2])
    counts[2::2] = np.cumsum(values[2::2])
    return counts


def _check_polygon(polygon: Any, image_shape: Tuple[int, int]) -> None:
    if not isinstance(polygon, list):
        raise ValueError(f'holds a {type(polygon).__name__} in place of a '
                         'polygon: a polygon is a list in the list')
    try:
        points = check_numbers(polygon)
    except ValueError as error:
        raise ValueError(f'polygon {error}') from error
    if len(points) < 6 or len(points) % 2:
        raise ValueError(f'polygon has {len(points)} numbers: three or more '
                         'points have an even count from 6 on')
    # drawing takes memory by a polygon's length
    far = np.abs(points.reshape(-1, 2)) > 2 * np.array(image_shape[::-1])
    if far.any():
        raise ValueError(f'polygon has the coordinate '
                         f'{points.reshape(-1, 2)[far][0]:g}, but its image '
                         f'is {list(image_shape)} (height, width)')
