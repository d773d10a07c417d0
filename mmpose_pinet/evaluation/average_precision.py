"""AP of a whole set and of parts of it, with errors counted or not."""
from contextlib import redirect_stdout
from copy import copy
from io import StringIO
from itertools import product
from typing import Collection, Iterator, List, NamedTuple, Optional, Sequence

import numpy as np
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

KEYS = ('image_id', 'category_id', 'keypoints', 'score')


class Scores(NamedTuple):
    """COCO's numbers, from 0 to 1; NaN where no labelled person is."""

    AP: float
    AP50: float
    AP75: float
    AR: float


class ImageMatches(NamedTuple):
    """What AP counts in an image: D poses, best first, and G persons.

    Attributes:
        image_id (int): Of the image.
        poses (list[dict]): D results, of which COCO takes the best 20.
        persons (list[dict]): G annotations, also those that AP ignores.
        oks (np.ndarray): (D, G).
        matches (np.ndarray): (D, ) the person that COCO takes each pose for
            at the lowest OKS threshold, 0.5; -1 for nobody.
    """

    image_id: int
    poses: List[dict]
    persons: List[dict]
    oks: np.ndarray
    matches: np.ndarray


class Evaluation:
    """COCO's evaluation of poses, which can be asked more than once.

    Poses are matched when it is built; what it is asked takes little time.

    Args:
        coco (COCO): The truth.
        poses (list[dict]): Results of COCO's form, in image px.
        iou_type (str): ``'keypoints'`` or ``'keypoints_crowd'``.
        sigmas (np.ndarray): (K, ) falloff constants of OKS.
        use_area (bool): Whether persons have an ``area``; if not, 0.53 of
            that of their boxes is taken.
    """

    def __init__(self, coco: COCO, poses: Sequence[dict], iou_type: str,
                 sigmas: np.ndarray, use_area: bool) -> None:
        self.coco = coco
        self.sigmas = np.asarray(sigmas)
        self.use_area = use_area
        self._iou_type = iou_type
        with redirect_stdout(StringIO()):  # COCOeval reports each step
            # on copies of poses, as COCO writes into them
            found = coco.loadRes([{
                key: pose[key]
                for key in KEYS
            } for pose in poses])
            self._coco_eval = COCOeval(coco, found, iou_type, self.sigmas,
                                       use_area)
            params = self._coco_eval.params
            params.useSegm = None
            # persons of all sizes: each further range costs as much again
            params.areaRng = params.areaRng[:1]
            params.areaRngLbl = params.areaRngLbl[:1]
            self._coco_eval.evaluate()

    def of(self, poses: Sequence[dict]) -> 'Evaluation':
        """Evaluate other poses in the same way."""
        return Evaluation(self.coco, poses, self._iou_type, self.sigmas,
                          self.use_area)

    def scores(
        self,
        image_ids: Optional[Collection[int]] = None,
        without_poses: Collection[int] = (),
        without_persons: Collection[int] = ()
    ) -> Scores:
        """Compute AP and its kin.

        Args:
            image_ids (Collection[int], optional): Of these images alone.
            without_poses (Collection[int]): Ids of poses that are no false
                positives at any threshold.
            without_persons (Collection[int]): Ids of annotations that nobody
                has to find.

        Returns:
            Scores: NaN where no labelled person is.
        """
        part = copy(self._coco_eval)
        part.params = copy(part.params)
        if image_ids is not None:
            wanted = set(image_ids)
            part.params.imgIds = [
                id_ for id_ in part.params.imgIds if id_ in wanted
            ]
        part._paramsEval = part.params
        wanted = set(part.params.imgIds)
        part.evalImgs = [
            _ignore(image, without_poses, without_persons)
            for (_, id_), image in zip(self._keys(), self._coco_eval.evalImgs)
            if id_ in wanted
        ]
        with redirect_stdout(StringIO()):
            part.accumulate()
        # IoU thresholds x recalls x categories x sizes x numbers of poses;
        # -1: there is nothing to be found
        precision = part.eval['precision'][:, :, :, 0, -1]
        recall = part.eval['recall'][:, :, 0, -1]
        thresholds = part.params.iouThrs
        return Scores(
            _mean(precision), _mean(precision[np.isclose(thresholds, 0.5)]),
            _mean(precision[np.isclose(thresholds, 0.75)]), _mean(recall))

    def images(self) -> Iterator[ImageMatches]:
        """Tell for each image how poses and persons were matched."""
        for key, image in zip(self._keys(), self._coco_eval.evalImgs):
            if image is None:  # nobody is there, and nobody was found
                continue
            category, image_id = key
            persons = self._coco_eval._gts[image_id, category]
            poses = {
                d['id']: d
                for d in self._coco_eval._dts[image_id, category]
            }
            poses = [poses[id_] for id_ in image['dtIds']]
            oks = self._coco_eval.ious[image_id, category]
            number = {person['id']: i for i, person in enumerate(persons)}
            yield ImageMatches(
                image_id, poses, persons,
                np.reshape(oks, (len(poses), len(persons))),
                np.array([
                    number.get(id_, -1)
                    for id_ in image['dtMatches'][0].tolist()
                ], int))

    def _keys(self) -> Iterator[tuple]:
        """Category and image of each of ``evalImgs``."""
        params = self._coco_eval._paramsEval
        return product(params.catIds, params.imgIds)


def _ignore(image: Optional[dict], poses: Collection[int],
            persons: Collection[int]) -> Optional[dict]:
    """Let AP ignore poses where they match nobody, and persons."""
    if image is None or not (poses or persons):
        return image
    unmatched = image['dtMatches'] < 0
    left_out = np.array([id_ in poses for id_ in image['dtIds']], bool)
    not_asked = np.array([id_ in persons for id_ in image['gtIds']], bool)
    return {
        **image, 'dtIgnore': image['dtIgnore'] | (unmatched & left_out),
        'gtIgnore': image['gtIgnore'] | not_asked
    }


def _mean(values: np.ndarray) -> float:
    values = values[values > -1]
    return float(values.mean()) if values.size else float('nan')
