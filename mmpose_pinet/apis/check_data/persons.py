"""Mistakes of one person's annotation."""
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

import numpy as np

from mmpose_pinet.datasets.checks import (check_keypoints, check_numbers,
                                          check_segmentation)

from .findings import Findings


class Use(NamedTuple):
    """What a file is for.

    Attributes:
        place (str): The loops, such as ``'val, test'``, for findings.
        joints (list[str]): Names of the K joints, of the dataset's metainfo.
        is_judged_by (bool): Whether an evaluator computes AP from it.
        needs (tuple[str]): What it needs of each person for that.
    """
    place: str
    joints: List[str]
    is_judged_by: bool = False
    needs: Tuple[str, ...] = ()


class PersonCheck:
    """Checks the annotations of persons of a file.

    Args:
        use (Use): What the file is for.
        findings (Findings): Added to.
    """

    def __init__(self, use: Use, findings: Findings) -> None:
        self.use = use
        self._findings = findings

    def add(self, kind: str, name: str) -> None:
        """Note a mistake, see :meth:`Findings.add`."""
        self._findings.add(kind, self.use.place, name)

    def __call__(self, name: str, annotation: dict, image: dict) -> int:
        """Check one annotation.

        Args:
            name (str): How findings name it.
            annotation (dict): The entry.
            image (dict): The entry of its image.

        Returns:
            int: How many joints it labels; 0 for a crowd region.
        """
        crowd = bool(annotation.get('iscrowd', 0))
        box = self._read('box', name, annotation, 'bbox', _check_box)
        joints = self._keypoints(name, annotation)
        labelled = 0
        has_area = True
        if joints is not None:
            labelled = int((joints[:, 2] > 0).sum())
        if box is not None and labelled and not crowd:
            has_area = self._box_area(name, box, image)
        if labelled and not crowd:
            self._labelled_person(name, annotation, image, joints)
        # who counts as a person in training, and who is masked from it
        masked = crowd or not has_area or annotation.get(
            'num_keypoints', labelled) == 0
        self._segmentation(name, annotation, image, masked)
        if crowd and not annotation.get('segmentation'):
            self.add('unmasked_crowd', name)
        return 0 if crowd else labelled

    def _read(self, kind: str, name: str, annotation: dict, key: str,
              check: Callable[[Any], np.ndarray]) -> Optional[np.ndarray]:
        if key not in annotation:
            # MMPose leaves such a person out without a word
            self.add('entry', f'{name} lacks {key}')
            return None
        try:
            return check(annotation[key])
        except ValueError as error:
            self.add(kind, f'{name}: {error}')
            return None

    def _keypoints(self, name: str, annotation: dict) -> Optional[np.ndarray]:
        """(K, 3) x, y in image px and visibility, if they are right."""
        count = 3 * len(self.use.joints)
        values = annotation.get('keypoints')
        if isinstance(values, list) and len(values) != count:
            self.add(
                'keypoint_count', f'{name} has {len(values) / 3:g} in '
                f'place of {count // 3}')
            return None
        joints = self._read(
            'keypoints', name, annotation, 'keypoints',
            lambda values: check_keypoints(values, len(self.use.joints)))
        if joints is None:
            return None
        if not np.isin(joints[:, 2], (0, 1, 2)).all():
            self.add('visibility', name)
        return joints

    def _box_area(self, name: str, box: np.ndarray, image: dict) -> bool:
        # clipped as MMPose does
        limit = np.array([image['width'], image['height']]) - 1
        low = np.clip(box[:2], 0, limit)
        high = np.clip(box[:2] + box[2:], 0, limit)
        if (high > low).all():
            return True
        self.add('box_area', f'{name}: {box.tolist()}')
        return False

    def _labelled_person(self, name: str, annotation: dict, image: dict,
                         joints: np.ndarray) -> None:
        points = joints[joints[:, 2] > 0, :2]
        size = (image['width'], image['height'])
        outside = ((points < 0) | (points > size)).any(axis=1)
        if outside.all():
            self.add('person_outside', name)
        elif outside.any():
            self.add('joint_outside', f'{name}: {outside.sum()}')
        for key in self.use.needs:
            if key not in annotation:
                self.add('entry', f'{name} lacks {key}')
        if not _is_positive(annotation.get('area', 1)):
            self.add('area', f'{name}: {annotation["area"]!r:.20}')
        # COCO counts labelled joints, CrowdPose those that are in sight
        seen = int((joints[:, 2] == 2).sum())
        told = annotation.get('num_keypoints', seen)
        if type(told) is not int or told < 0:
            self.add('entry', f'{name} has num_keypoints {told!r:.20}')
        elif told == 0 and seen:
            self.add('hidden_person', name)
        elif told not in (seen, len(points)):
            self.add('num_keypoints', f'{name}: {told} for {len(points)}')

    def _segmentation(self, name: str, annotation: dict, image: dict,
                      is_read: bool) -> None:
        try:
            check_segmentation(
                annotation.get('segmentation'),
                (image['height'], image['width']))
        except ValueError as error:
            self.add('segmentation' if is_read else 'spare_segmentation',
                     f'{name}: {error}')


def _check_box(values: Any) -> np.ndarray:
    box = check_numbers(values, 4)
    if (box[2:] < 0).any():
        raise ValueError(f'its size is {box[2:].tolist()}')
    return box


def _is_positive(value: Any) -> bool:
    try:
        return check_numbers([value])[0] > 0
    except ValueError:
        return False
