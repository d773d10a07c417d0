"""Puts OCHuman as its authors give it where the configs look for it."""
import sys
from functools import partial

from authors_files import Prepared, main

from mmpose_pinet.command_line import run_command

# The authors' README: 4,731 images and 8,110 persons with keypoints and mask,
# which are those of val and test.
FILES = [
    Prepared(name, [name], num_images, num_persons)
    for name, num_images, num_persons in (
        ('ochuman_coco_format_val_range_0.00_1.00.json', 2500,
         4291), ('ochuman_coco_format_test_range_0.00_1.00.json', 2231, 3819))
]

if __name__ == '__main__':
    sys.exit(
        run_command(
            partial(
                main,
                'Put OCHuman as its authors give it (images and annotation '
                'files in COCO format) into the layout of the configs.',
                'python tools/dataset_converters/prepare_ochuman.py '
                '~/downloads/OCHuman', 'data/ochuman', FILES)))
