"""Datasets that name what is wrong with a file or a sample."""
import json
import logging
from typing import Dict, List, Optional, Tuple

import torch
from mmengine.fileio import get_text
from mmengine.logging import print_log
from mmpose.datasets import CocoDataset
from mmpose.datasets.datasets.body import CrowdPoseDataset, OCHumanDataset
from mmpose.registry import DATASETS

from .checks import (check_file, check_segmentation, find_flaws,
                     of_unknown_images, person_categories)
from .transforms.sample_name import annotation_of, sample_name

_TOLD = 5  # mistakes of a file that an error lists


class CheckedAnnotations:
    """Makes a COCO-style dataset of MMPose check what it reads.

    MMPose's datasets end in an error of NumPy that names no file at some bad
    annotations, and read others without a word. With this class before the
    dataset's among the bases,

    - entries without what they need, ids that stand twice, boxes, keypoints
      and areas that are no finite numbers or not as many as they should be,
      and unknown categories end in one error when the file is read, which
      names file, image and annotation;
    - annotations of images that the file does not list are left out, and a
      line of the log says so, as it does for persons of several categories;
    - an error of the pipeline names the picture's file and id; a segmentation
      that native code would die of is such an error.

    Args:
        max_bad_samples (int): In training, up to so many bad samples are
            skipped: pictures that cannot be read and those with flawed
            annotations. Each is named in the log, once, and another one takes
            its place. Workers of a process count together, processes of a
            distributed training each for itself. Defaults to 0: the first one
            is an error.
        **kwargs: Those of the dataset.

    Raises:
        FileNotFoundError: If there is no annotation file.
        ValueError: If the file is flawed, nobody is in it to train on, or
            ``max_bad_samples`` is set in ``test_mode``: a test without some
            of its pictures would say another number.
    """

    def __init__(self, *args, max_bad_samples: int = 0, **kwargs) -> None:
        if max_bad_samples and kwargs.get('test_mode', False):
            raise ValueError(
                f'max_bad_samples={max_bad_samples}, but test_mode is set: '
                'only a training may skip pictures')
        self.max_bad_samples = max_bad_samples
        self._flawed: Dict[int, str] = {}  # by image id
        self._skipped: Optional[torch.Tensor] = None
        super().__init__(*args, **kwargs)

    def full_init(self) -> None:
        """Read the annotation file."""
        super().full_init()
        if self.max_bad_samples and self._skipped is None:
            # which samples were skipped, for all workers to see
            self._skipped = torch.zeros(
                len(self), dtype=torch.bool).share_memory_()

    def load_data_list(self) -> List[dict]:
        """Read the annotation file.

        Raises:
            ValueError: See the class.
        """
        data_list = super().load_data_list()
        if not data_list:
            raise ValueError(f'{self.ann_file}: nobody is annotated')
        return data_list

    def _load_annotations(self) -> Tuple[List[dict], List[dict]]:
        """Check the file before MMPose reads it."""
        try:
            content = json.loads(get_text(self.ann_file))
            check_file(content)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f'{self.ann_file} is not there: put the data set where the '
                'config looks for it, or set data_root and ann_file of the '
                'dataset. `pinet check-data` tells all that is '
                'missing') from error
        except ValueError as error:
            raise ValueError(f'{self.ann_file}: {error}. `pinet check-data` '
                             'lists all mistakes') from error
        else:
            self._note(content)
            self._take_out_flawed(content)
        return super()._load_annotations()

    def _note(self, content: dict) -> None:
        """Log what is odd and does no harm."""
        unknown = of_unknown_images(content)
        if unknown:
            self._warn(f'{len(unknown)} annotations are of images that it '
                       f'does not list, and are left out: annotation '
                       f'{unknown[0]} for one')
        categories = person_categories(content)
        if len(categories) > 1:
            self._warn('persons are of several categories, which are not '
                       f'told apart: {dict(categories)} (id: number)')

    def _take_out_flawed(self, content: dict) -> None:
        flaws = find_flaws(content, self.metainfo['num_keypoints'])
        for flaw in flaws:
            self._flawed.setdefault(flaw.image_id, flaw.words)
        if len(self._flawed) > self.max_bad_samples:
            told = [flaw.words for flaw in flaws[:_TOLD]]
            if len(flaws) > _TOLD:
                told.append(f'and {len(flaws) - _TOLD} more')
            raise ValueError('\n- '.join([
                f'{self.ann_file}: {len(self._flawed)} pictures cannot be '
                'used. Mend them (`pinet check-data` lists all mistakes), or '
                'set max_bad_samples of the training dataset to leave so many '
                'out:', *told
            ]))
        for words in self._flawed.values():
            self._warn(f'left out: {words}')

    def parse_data_info(self, raw_data_info: dict) -> Optional[dict]:
        """Read an annotation, with ``annotated_size``: [(w, h)] in px."""
        image = raw_data_info['raw_img_info']
        if image['id'] in self._flawed:
            return None
        info = super().parse_data_info(raw_data_info)
        if info is not None:
            info['annotated_size'] = [(image['width'], image['height'])]
        return info

    def get_data_info(self, idx: int) -> dict:
        """Get a sample as the pipeline takes it.

        Raises:
            ValueError: In training, if a segmentation that is masked from it
                is malformed: MMPose's own transform dies of some.
        """
        info = super().get_data_info(idx)
        if self.test_mode or 'invalid_segs' not in info:
            return info
        # where nothing is segmented, MMPose's own transform fails as well
        info['invalid_segs'] = [seg for seg in info['invalid_segs'] if seg]
        (width, height), *_ = info['annotated_size']
        for segmentation in info['invalid_segs']:
            try:
                check_segmentation(segmentation, (height, width))
            except ValueError as error:
                owner = annotation_of(segmentation, info)
                raise ValueError(
                    f'{sample_name(info, owner)}: the '
                    f'segmentation is malformed: {error}') from error
        return info

    def prepare_data(self, idx: int) -> Optional[dict]:
        """Get a sample, None if it is bad and may be skipped.

        Raises:
            ValueError: If it is bad, with file and image.
        """
        try:
            return super().prepare_data(idx)
        # each decoder and transform raises its own at bad data
        except Exception as error:
            words, name = str(error), sample_name(super().get_data_info(idx))
            if name not in words:
                words = f'{name}: {words or type(error).__name__}'
            if not self.max_bad_samples:
                raise ValueError(words) from error
            self._skip(idx, words, error)
        return None

    def _skip(self, idx: int, words: str, error: Exception) -> None:
        if self._skipped[idx]:
            return
        self._skipped[idx] = True
        number = int(self._skipped.sum()) + len(self._flawed)
        if number > self.max_bad_samples:
            raise ValueError(
                f'{words}. That is bad sample {number}, and max_bad_samples '
                f'is {self.max_bad_samples}') from error
        self._warn(f'skipped, {number} of at most {self.max_bad_samples} bad '
                   f'samples: {words}')

    def _warn(self, words: str) -> None:
        print_log(f'{self.ann_file}: {words}', 'current', logging.WARNING)


@DATASETS.register_module()
class CheckedCocoDataset(CheckedAnnotations, CocoDataset):
    """COCO, checked: see :class:`CheckedAnnotations`."""


@DATASETS.register_module()
class CheckedCrowdPoseDataset(CheckedAnnotations, CrowdPoseDataset):
    """CrowdPose, checked: see :class:`CheckedAnnotations`."""


@DATASETS.register_module()
class CheckedOCHumanDataset(CheckedAnnotations, OCHumanDataset):
    """OCHuman, checked: see :class:`CheckedAnnotations`."""
