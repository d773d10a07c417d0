"""The displacement targets of a batch."""
from dataclasses import dataclass

import torch
from mmpose.utils.typing import SampleList
from torch import Tensor

from mmpose_pinet.codecs.bilinear import cell_to_point


@dataclass
class TargetRows:
    """Rows of all images of a batch, one a part and cell near its centre.

    Attributes:
        images (Tensor): (P, ) the image of each row.
        parts (Tensor): (P, ) part indices.
        points (Tensor): (P, 2) the row's cell, in cells.
        poses (Tensor): (P, K, 2) the person's keypoints, in cells.
        weights (Tensor): (P, K, 2) for x and y, 0 where the keypoint is
            unknown.
        groups (Tensor): (P, ) one number for each image and part.
        strengths (Tensor): (P, ) the part's target heatmap at the cell times
            the largest weight.
    """
    images: Tensor
    parts: Tensor
    points: Tensor
    poses: Tensor
    weights: Tensor
    groups: Tensor
    strengths: Tensor

    @classmethod
    def collect(cls, batch_data_samples: SampleList,
                part_maps: Tensor) -> 'TargetRows':
        """Concatenate what :meth:`PartSPR.encode` gave for each image.

        Args:
            batch_data_samples (list[PoseDataSample]): B, with rows in
                ``gt_instance_labels``.
            part_maps (Tensor): (B, S, H, W) target heatmaps of the parts.
        """
        labels = [d.gt_instance_labels for d in batch_data_samples]
        parts = torch.cat([x.part_indices for x in labels])
        cells = torch.cat([x.cell_indices for x in labels])
        weights = torch.cat([x.displacement_weights for x in labels])
        counts = parts.new_tensor([len(x.part_indices) for x in labels])
        images = torch.arange(
            len(labels), device=parts.device).repeat_interleave(counts)
        points = cell_to_point(cells, part_maps.shape[-1])
        displacements = torch.cat([x.displacements for x in labels])
        return cls(
            images=images,
            parts=parts,
            points=points,
            poses=points[:, None] + displacements,
            weights=weights[..., None].expand(-1, -1, 2),
            groups=images * part_maps.shape[1] + parts,
            strengths=part_maps.flatten(2)[images, parts, cells] *
            weights.amax(1))

    def strongest(self, limit: int) -> Tensor:
        """Choose the rows to train refinement on: the best few.

        Args:
            limit (int): The most rows of a part and image.

        Returns:
            Tensor: (P', ) row indices, by falling strength within each part
            and image; rows without strength are left out.
        """
        order = self.strengths.argsort(descending=True, stable=True)
        order = order[self.groups[order].argsort(stable=True)]
        # the place of each row within its group
        _, sizes = self.groups[order].unique_consecutive(return_counts=True)
        begin = (sizes.cumsum(0) - sizes).repeat_interleave(sizes)
        rank = torch.arange(len(order), device=order.device) - begin
        return order[(rank < limit) & (self.strengths[order] > 0)]
