"""The displacement targets of a batch."""
from dataclasses import dataclass

import torch
from mmpose.utils.typing import SampleList
from torch import Tensor


@dataclass
class TargetRows:
    """Rows of all images of a batch, one a part and cell near its centre.

    Attributes:
        images (Tensor): (P, ) the image of each row.
        parts (Tensor): (P, ) part indices.
        cells (Tensor): (P, ) flat cell indices y * W + x.
        displacements (Tensor): (P, K, 2) keypoint minus cell, in cells.
        weights (Tensor): (P, K), 0 where the keypoint is unknown.
    """
    images: Tensor
    parts: Tensor
    cells: Tensor
    displacements: Tensor
    weights: Tensor

    @classmethod
    def collect(cls, batch_data_samples: SampleList) -> 'TargetRows':
        """Concatenate what :meth:`PartSPR.encode` gave for each image."""
        labels = [d.gt_instance_labels for d in batch_data_samples]
        parts = torch.cat([x.part_indices for x in labels])
        counts = parts.new_tensor([len(x.part_indices) for x in labels])
        return cls(
            images=torch.arange(len(labels),
                                device=parts.device).repeat_interleave(counts),
            parts=parts,
            cells=torch.cat([x.cell_indices for x in labels]),
            displacements=torch.cat([x.displacements for x in labels]),
            weights=torch.cat([x.displacement_weights for x in labels]))

    def strongest(self, part_maps: Tensor, limit: int) -> Tensor:
        """Rows to train refinement on: the best few a part and image.

        Args:
            part_maps (Tensor): (B, S, H, W) target heatmaps.
            limit (int): The most rows of a part and image.

        Returns:
            Tensor: (P', ) row indices, by falling heatmap times weight within
            each part and image.
        """
        group = self.images * part_maps.shape[1] + self.parts
        strength = part_maps.flatten(2)[self.images, self.parts, self.cells]
        strength = strength * self.weights.amax(1)
        order = strength.argsort(descending=True, stable=True)
        order = order[group[order].argsort(stable=True)]
        # the place of each row within its group
        _, sizes = group[order].unique_consecutive(return_counts=True)
        begin = (sizes.cumsum(0) - sizes).repeat_interleave(sizes)
        rank = torch.arange(len(order), device=order.device) - begin
        return order[(rank < limit) & (strength[order] > 0)]
