"""AP by how crowded the images are (Fig. 5)."""
import json
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

import numpy as np
from mmengine.logging import print_log
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import METRICS
from mmpose.utils.tensor_utils import to_numpy
from xtcocotools.coco import COCO

from mmpose_pinet.datasets.crowding import (crowd_index, max_box_iou,
                                            mean_box_iou)
from mmpose_pinet.fusion import check_finite

from .average_precision import Evaluation

# What each measure of crowding says of an image, for tables and axes.
CROWDINGS = {
    'mean_iou': "mean over persons of the largest IoU with another's box",
    'max_iou': 'largest IoU of two boxes',
    'crowd_index': "CrowdPose's crowd index",
}


@METRICS.register_module()
class CrowdLevelMetric(CocoMetric):
    """Report what CocoMetric does, and AP by the crowding of the images.

    For each bin of crowding the metrics gain ``AP CROWDING [a, b)``, such as
    ``AP mean_iou [0.5, 0.6)``: the AP on the images whose crowding lies
    there. The last bin holds its upper edge as well. A bin without a labelled
    person has no AP and reports none; the log's table says so.

    Args:
        bins (Sequence[float]): The edges of the bins, growing, within 0 to 1.
            OCHuman has few images under 0.5: the paper divides 0.5 to 1 into
            five. Defaults to tenths of 0 to 1.
        crowding (str): How crowded an image is. ``'mean_iou'``: the mean over
            persons of the largest IoU of their box with another's, the
            default. The paper splits by "the average IoU of bounding box" and
            says no more; OCHuman's authors, whose average of 67 % it quotes,
            average over persons. ``'max_iou'``: the largest IoU of two boxes.
            ``'crowd_index'``: CrowdPose's index, computed from the annotated
            keypoints and boxes, which any file has.
        **kwargs: Those of :class:`CocoMetric`.

    Raises:
        ValueError: If ``bins`` does not grow, holds NaN or leaves 0 to 1, or
            ``crowding`` is unknown.
    """

    def __init__(self,
                 bins: Sequence[float] = (0., 0.1, 0.2, 0.3, 0.4, 0.5, 0.6,
                                          0.7, 0.8, 0.9, 1.),
                 crowding: str = 'mean_iou',
                 **kwargs) -> None:
        super().__init__(**kwargs)
        if crowding not in CROWDINGS:
            raise ValueError(f'crowding={crowding!r} is unknown; choose one '
                             f'of {list(CROWDINGS)}')
        edges = np.array(bins, dtype=float)
        # a comparison with NaN is false
        grow = edges.ndim == 1 and len(edges) > 1 and (np.diff(edges)
                                                       > 0).all()
        if not (grow and edges[0] >= 0 and edges[-1] <= 1):
            raise ValueError(f'bins={bins} must be two edges or more, '
                             'each above the one before, within 0 to 1')
        self.crowding = crowding
        self.bins = edges

    def process(self, data_batch: Sequence[dict],
                data_samples: Sequence[dict]) -> None:
        """Take the poses of a batch, as the parent does.

        Raises:
            ValueError: If a keypoint or a score is not finite: COCO's
                evaluation takes NaN for the right place.
        """
        super().process(data_batch, data_samples)
        for sample in data_samples:
            found = sample['pred_instances']
            check_finite(
                to_numpy(found['keypoints']),
                to_numpy(found['keypoint_scores']),
                sample.get('img_path') or f'image {sample["img_id"]}')

    def _do_python_keypoint_eval(
            self, outfile_prefix: str) -> List[Tuple[str, float]]:
        """Evaluate the whole set, then the images of each bin.

        Args:
            outfile_prefix (str): Of the file of collected poses.

        Returns:
            list[tuple[str, float]]: Names and values.
        """
        stats = super()._do_python_keypoint_eval(outfile_prefix)
        crowding = image_crowding(self.coco, self.crowding)
        bin_of = assign_bins(np.array(list(crowding.values())), self.bins)
        image_ids = np.array(list(crowding))
        found = json.loads(
            Path(f'{outfile_prefix}.keypoints.json').read_text())
        evaluation = Evaluation(self.coco, found, self.iou_type,
                                self.dataset_meta['sigmas'], self.use_area)

        rows = []
        for i, name in enumerate(bin_names(self.bins)):
            members = image_ids[bin_of == i].tolist()
            ap = evaluation.scores(members).AP
            rows.append(f'{name:>12}  {len(members):>6}  ' +
                        ('no person' if np.isnan(ap) else f'{ap:.3f}'))
            if not np.isnan(ap):
                stats.append((f'AP {self.crowding} {name}', ap))
        print_log(
            '\n'.join([f'AP by crowding: {CROWDINGS[self.crowding]}'] +
                      [f'{self.crowding:>12}  {"images":>6}  AP'] + rows),
            logger='current')
        return stats


def image_crowding(coco: COCO, crowding: str) -> Dict[int, float]:
    """Measure how crowded each image is.

    Args:
        coco (COCO): Annotations. Every person's box counts, with labelled
            keypoints or without (but for the crowd index, which compares
            labelled keypoints); crowd regions and empty boxes do not.
        crowding (str): A key of ``CROWDINGS``.

    Returns:
        dict[int, float]: By image id; 0 with less than two persons.
    """
    measure = dict(
        mean_iou=_of_boxes(mean_box_iou),
        max_iou=_of_boxes(max_box_iou),
        crowd_index=_crowd_index)[crowding]
    measured = {}
    for image_id in coco.getImgIds():
        persons = [
            ann for ann in coco.imgToAnns[image_id]
            if not ann['iscrowd'] and min(ann['bbox'][2:]) > 0
        ]
        measured[image_id] = measure(persons) if len(persons) > 1 else 0.
    return measured


def _of_boxes(measure: Callable) -> Callable:
    return lambda persons: measure(np.array([ann['bbox'] for ann in persons]))


def _crowd_index(persons: List[dict]) -> float:
    labelled = [ann for ann in persons if any(ann['keypoints'][2::3])]
    if not labelled:
        return 0.
    keypoints = np.array([ann['keypoints'] for ann in labelled])
    return crowd_index(
        keypoints.reshape(len(labelled), -1, 3),
        np.array([ann['bbox'] for ann in labelled]))


def assign_bins(crowding: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Find the bin of each image.

    Args:
        crowding (np.ndarray): (n, ) of images.
        edges (np.ndarray): (b + 1, ) growing. Bins are [a, b), the last one
            [a, b].

    Returns:
        np.ndarray: (n, ) bins from 0 to b - 1; others lie in no bin.
    """
    indices = np.searchsorted(edges, crowding, side='right') - 1
    indices[crowding == edges[-1]] = len(edges) - 2
    return indices


def bin_names(edges: np.ndarray) -> List[str]:
    """Name the bins ``[a, b)``, the last one ``[a, b]``."""
    closing = [')'] * (len(edges) - 2) + [']']
    return [
        f'[{low:g}, {high:g}{close}'
        for low, high, close in zip(edges, edges[1:], closing)
    ]
