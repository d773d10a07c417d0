"""Checks of what annotation files say, for training and `pinet check-data`."""
from .numbers import check_numbers, not_finite
from .pictures import (PictureError, PictureFile, read_header, read_picture,
                       read_pictures)
from .segmentations import check_segmentation, rle_counts, rle_mask

__all__ = [
    'PictureFile', 'PictureError', 'check_numbers', 'check_segmentation',
    'not_finite', 'read_header', 'read_picture', 'read_pictures', 'rle_counts',
    'rle_mask'
]
