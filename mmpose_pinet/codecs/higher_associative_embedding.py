"""Associative embedding as HigherHRNet was published with it."""
from typing import List, Optional, Tuple

import numpy as np
import torch
from mmpose.codecs import AssociativeEmbedding
from mmpose.codecs.utils import batch_heatmap_nms
from mmpose.registry import KEYPOINT_CODECS
from mmpose.utils.tensor_utils import to_numpy
from torch import Tensor


@KEYPOINT_CODECS.register_module()
class HigherAssociativeEmbedding(AssociativeEmbedding):
    """MMPose's codec, with the cells and the decoding of HigherHRNet.

    `HigherHRNet (Cheng et al., CVPR 2020)`_ differs from MMPose's codec:

    - A keypoint belongs to the cell that it lies in. Maps of any resolution,
      resized bilinearly to the input, then peak at the centres of these
      cells. MMPose takes the nearest upper left corner of a cell: such maps
      peak half a cell right of and below it, which is 2 px in one of
      HigherHRNet's maps and 1 px in the other.
    - A point outside the image makes no target.
    - "Adjust" moves every keypoint a quarter of a cell towards the higher
      neighbour, and from the cell's corner to its centre; those at the border
      as well.
    - "Refine" looks for the missing keypoints of a person where heatmap less
      rounded tag distance is highest; they are adjusted alike.

    Peaks and their grouping by tags (Hungarian matching) are the parent's.

    Args:
        input_size (tuple[int, int]): (w, h) in px.
        heatmap_size (tuple[int, int]): (W, H) in cells. Of the maps of one
            resolution to encode, and of the maps that are decoded, which the
            head brings to ``input_size``.
        **kwargs: Those of :class:`AssociativeEmbedding`, less ``use_udp`` and
            ``decode_center_shift``.

    .. _HigherHRNet (Cheng et al., CVPR 2020):
        https://arxiv.org/abs/1908.10357
    """

    # MMPose's codec has neither, so that its tags cannot be trained
    field_mapping_table = dict(heatmaps='heatmaps')
    label_mapping_table = dict(keypoint_indices='keypoint_indices')

    def __init__(self, input_size: Tuple[int, int],
                 heatmap_size: Tuple[int, int], **kwargs) -> None:
        for key in ('use_udp', 'decode_center_shift'):
            if key in kwargs:
                raise ValueError(
                    f'{type(self).__name__} takes no {key}={kwargs[key]!r}: '
                    'its cells and coordinates are as published. Leave it '
                    "out, or take MMPose's AssociativeEmbedding")
        super().__init__(input_size, heatmap_size, **kwargs)

    def encode(self,
               keypoints: np.ndarray,
               keypoints_visible: Optional[np.ndarray] = None) -> dict:
        """Turn persons into targets of one resolution.

        Args:
            keypoints (np.ndarray): (N, K, 2) in input px.
            keypoints_visible (np.ndarray, optional): (N, K), above 0.5 where
                labelled; all by default.

        Returns:
            dict: ``heatmaps`` (K, H, W), ``keypoint_indices`` (N, K, 2) with
            the cell y * W + x and whether there is a keypoint, and
            ``keypoint_weights`` (N, K).
        """
        inside = (keypoints >= 0) & (keypoints < self.input_size)
        labelled = inside.all(-1).astype(np.float32)
        if keypoints_visible is not None:
            labelled *= keypoints_visible
        # the parent rounds to the nearest integer
        return super().encode(keypoints - self.scale_factor / 2, labelled)

    @torch.no_grad()
    def batch_decode(
        self, batch_heatmaps: Tensor, batch_tags: Tensor
    ) -> Tuple[List[np.ndarray], List[np.ndarray], List[np.ndarray]]:
        """Find the persons of a batch.

        Args:
            batch_heatmaps (Tensor): (B, K, H, W).
            batch_tags (Tensor): (B, L*K, H, W), L tags for each of the K
                keypoints.

        Returns:
            tuple[list[np.ndarray]]: For each image keypoints (N, K, 2) in
            input px, their scores (N, K), and the persons' scores (N, ): the
            mean over K of the scores before missing keypoints were looked
            for.
        """
        peaks = batch_heatmap_nms(batch_heatmaps, self.decode_nms_kernel)
        groups = self._group_keypoints(*to_numpy(
            self._get_batch_topk(peaks, batch_tags, k=self.decode_topk)))

        batch_keypoints, batch_scores, batch_person_scores = [], [], []
        for group, heatmaps, tags in zip(groups, batch_heatmaps, batch_tags):
            poses = torch.from_numpy(group).to(heatmaps)
            cells, scores = poses[..., :2].long(), poses[..., 2]
            batch_person_scores.append(to_numpy(scores.mean(-1)))
            cells, scores = refine(cells, scores, heatmaps, tags)
            keypoints = to_numpy(adjust(cells, scores, heatmaps))
            batch_keypoints.append(keypoints * self.scale_factor)
            batch_scores.append(to_numpy(scores))
        return batch_keypoints, batch_scores, batch_person_scores


def refine(cells: Tensor, scores: Tensor, heatmaps: Tensor,
           tags: Tensor) -> Tuple[Tensor, Tensor]:
    """Look for the missing keypoints of each person.

    Args:
        cells (Tensor): (N, K, 2) x and y, integers.
        scores (Tensor): (N, K), 0 where a keypoint is missing. No person
            misses all.
        heatmaps (Tensor): (K, H, W).
        tags (Tensor): (L*K, H, W).

    Returns:
        tuple[Tensor]: Cells (N, K, 2) and scores (N, K). A keypoint whose
        best cell has no positive heatmap stays missing.
    """
    num_keypoints, _, width = heatmaps.shape
    tags = tags.unflatten(0, (-1, num_keypoints))
    cells, scores = cells.clone(), scores.clone()
    for person_cells, person_scores in zip(cells, scores):
        found, = person_scores.nonzero(as_tuple=True)
        missing, = (person_scores == 0).nonzero(as_tuple=True)
        x, y = person_cells[found].unbind(-1)
        person_tag = tags[:, found, y, x].mean(1)  # (L, )
        # `norm` over the first dimension takes 30 times as long on a CPU
        squares = (tags[:, missing] - person_tag[:, None, None, None]).square()
        distances = squares.sum(0).sqrt()
        likeness = heatmaps[missing] - distances.round()
        best = likeness.flatten(1).argmax(1, keepdim=True)
        values = heatmaps[missing].flatten(1).gather(1, best)[:, 0]
        best = torch.cat([best % width, best // width], dim=1)
        seen = values > 0
        person_cells[missing[seen]] = best[seen]
        person_scores[missing[seen]] = values[seen]
    return cells, scores


def adjust(cells: Tensor, scores: Tensor, heatmaps: Tensor) -> Tensor:
    """Move keypoints to a quarter beside their cells' centres, where the
    higher neighbour is.

    Args:
        cells (Tensor): (N, K, 2) x and y, integers.
        scores (Tensor): (N, K), 0 where a keypoint is missing.
        heatmaps (Tensor): (K, H, W).

    Returns:
        Tensor: (N, K, 2) in cells, the first from 0 to 1; 0 where a keypoint
        is missing.
    """
    _, height, width = heatmaps.shape
    x, y = cells.unbind(-1)
    k = torch.arange(len(heatmaps), device=cells.device)
    right = heatmaps[k, y, (x + 1).clamp(max=width - 1)]
    left = heatmaps[k, y, (x - 1).clamp(min=0)]
    below = heatmaps[k, (y + 1).clamp(max=height - 1), x]
    above = heatmaps[k, (y - 1).clamp(min=0), x]
    higher = torch.stack([right > left, below > above], dim=-1)
    places = cells + torch.where(higher, 0.75, 0.25)
    return places * (scores > 0)[..., None]
