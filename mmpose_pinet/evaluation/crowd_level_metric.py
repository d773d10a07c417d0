"""AP by how crowded the images are (Fig. 5)."""
from contextlib import redirect_stdout
from io import StringIO
from typing import Dict, List, Sequence, Tuple

import numpy as np
from mmengine.logging import print_log
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import METRICS
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

from mmpose_pinet.datasets.crowding import max_box_iou


@METRICS.register_module()
class CrowdLevelMetric(CocoMetric):
    """CocoMetric, and its AP again on images of each level of crowding.

    An image's level is the largest IoU between two of its persons' boxes. One
    evaluation run reports all that :class:`CocoMetric` does and, for each
    bin, ``AP [a, b)``: the AP on the images whose level is within. The last
    bin holds its upper edge as well. A bin without a labelled person has no
    AP and reports none; the log's table says so.

    Args:
        bins (Sequence[float]): The edges of the bins, growing, within 0 to 1.
            OCHuman has few images under 0.5: the paper divides 0.5 to 1 into
            five. Defaults to tenths of 0 to 1.
        **kwargs: Those of :class:`CocoMetric`.

    Raises:
        ValueError: If ``bins`` does not grow or leaves 0 to 1.
    """

    def __init__(self,
                 bins: Sequence[float] = (0., 0.1, 0.2, 0.3, 0.4, 0.5, 0.6,
                                          0.7, 0.8, 0.9, 1.),
                 **kwargs) -> None:
        super().__init__(**kwargs)
        edges = np.array(bins, dtype=float)
        if len(edges) < 2 or (np.diff(edges) <= 0).any() or \
                edges[0] < 0 or edges[-1] > 1:
            raise ValueError(f'bins={list(bins)} must be two edges or more, '
                             'each above the one before, within 0 to 1')
        self.bins = edges

    def _do_python_keypoint_eval(
            self, outfile_prefix: str) -> List[Tuple[str, float]]:
        """Evaluate the whole set, then the images of each bin.

        Args:
            outfile_prefix (str): Of the file of collected poses.

        Returns:
            list[tuple[str, float]]: Names and values.
        """
        stats = super()._do_python_keypoint_eval(outfile_prefix)
        levels = crowd_levels(self.coco)
        bin_of = assign_bins(np.array(list(levels.values())), self.bins)
        image_ids = np.array(list(levels))
        found = self.coco.loadRes(f'{outfile_prefix}.keypoints.json')

        rows = []
        for i, name in enumerate(bin_names(self.bins)):
            members = image_ids[bin_of == i].tolist()
            ap = self._average_precision(members, found)
            rows.append(f'{name:>12}  {len(members):>6}  ' +
                        ('no person' if np.isnan(ap) else f'{ap:.3f}'))
            if not np.isnan(ap):
                stats.append((f'AP {name}', ap))
        print_log(
            '\n'.join(['AP by the largest box IoU of an image'] +
                      [f'{"box IoU":>12}  {"images":>6}  AP'] + rows),
            logger='current')
        return stats

    def _average_precision(self, image_ids: List[int], found: COCO) -> float:
        """AP on some of the images; NaN where they have no labelled person."""
        with redirect_stdout(StringIO()):  # COCOeval reports each step
            evaluation = COCOeval(self.coco, found, self.iou_type,
                                  self.dataset_meta['sigmas'], self.use_area)
            evaluation.params.imgIds = image_ids
            evaluation.params.useSegm = None
            evaluation.evaluate()
            evaluation.accumulate()
        # IoU thresholds x recalls x categories, of persons of all sizes
        precision = evaluation.eval['precision'][:, :, :, 0, -1]
        precision = precision[precision > -1]  # -1: nothing to be found
        return float(precision.mean()) if precision.size else float('nan')


def crowd_levels(coco: COCO) -> Dict[int, float]:
    """The largest box IoU of two persons in each image.

    Args:
        coco (COCO): Annotations. Every person's box counts, with labelled
            keypoints or without; crowd regions and empty boxes do not.

    Returns:
        dict[int, float]: By image id; 0 with less than two persons.
    """
    levels = {}
    for image_id in coco.getImgIds():
        boxes = np.array([
            ann['bbox'] for ann in coco.imgToAnns[image_id]
            if not ann['iscrowd'] and min(ann['bbox'][2:]) > 0
        ])
        levels[image_id] = max_box_iou(boxes) if len(boxes) > 1 else 0.
    return levels


def assign_bins(levels: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bin of each level.

    Args:
        levels (np.ndarray): (n, ) box IoUs.
        edges (np.ndarray): (b + 1, ) growing. Bins are [a, b), the last one
            [a, b].

    Returns:
        np.ndarray: (n, ) bins from 0 to b - 1; others lie in no bin.
    """
    indices = np.searchsorted(edges, levels, side='right') - 1
    indices[levels == edges[-1]] = len(edges) - 2
    return indices


def bin_names(edges: np.ndarray) -> List[str]:
    """``[a, b)`` for each bin, ``[a, b]`` for the last."""
    closing = [')'] * (len(edges) - 2) + [']']
    return [
        f'[{low:g}, {high:g}{close}'
        for low, high, close in zip(edges, edges[1:], closing)
    ]
