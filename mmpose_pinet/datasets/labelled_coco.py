"""COCO without the images in which hardly anything is labelled."""
from typing import List

import numpy as np
from mmpose.registry import DATASETS

from .checked import CheckedCocoDataset


@DATASETS.register_module()
class LabelledCocoDataset(CheckedCocoDataset):
    """COCO images that hold enough labelled keypoints, for training.

    An image's labelled keypoints are those of all its persons, seen and
    covered alike; crowd regions do not count. Nothing is left out in
    ``test_mode``, nor without a ``filter_cfg``. For the other arguments see
    :class:`CheckedCocoDataset`.

    Args:
        filter_cfg (dict, optional): ``min_labelled_keypoints`` (int): images
            with fewer are left out. Only for ``data_mode='bottomup'``, where
            a sample is an image.

    Raises:
        ValueError: If no image is left.
    """

    def filter_data(self) -> List[dict]:
        """The samples that stay."""
        data_list = super().filter_data()
        if self.test_mode or not self.filter_cfg:
            return data_list

        fewest = self.filter_cfg['min_labelled_keypoints']
        kept = [
            image for image in data_list
            if self._num_labelled_keypoints(image) >= fewest
        ]
        if not kept:
            raise ValueError(
                f'none of the {len(data_list)} annotated images of '
                f'ann_file={self.ann_file!r} has {fewest} labelled keypoints: '
                'lower filter_cfg.min_labelled_keypoints of the dataset, or '
                'check the keypoints of the file')
        return kept

    @staticmethod
    def _num_labelled_keypoints(image: dict) -> int:
        person = np.logical_not(image['iscrowd'])
        return np.count_nonzero(image['keypoints_visible'][person])
