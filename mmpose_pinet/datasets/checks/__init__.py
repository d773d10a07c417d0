"""Checks of what annotation files say, for training and `pinet check-data`."""
from .annotations import (Flaw, check_file, check_keypoints, entry_flaw,
                          find_flaws, of_unknown_images, person_categories)
from .numbers import check_numbers, not_finite
from .pictures import (PictureError, PictureFile, read_header, read_picture,
                       read_pictures)
from .segmentations import check_segmentation, rle_counts, rle_mask

__all__ = [
    'Flaw', 'PictureFile', 'PictureError', 'check_file', 'check_keypoints',
    'check_numbers', 'check_segmentation', 'entry_flaw', 'find_flaws',
    'not_finite', 'of_unknown_images', 'person_categories', 'read_header',
    'read_picture', 'read_pictures', 'rle_counts', 'rle_mask'
]
