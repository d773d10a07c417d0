"""The yardstick: PINet's head with displacements as a dense map.

What bottom-up heads such as DEKR do, and what PINetHead avoids: the feature
maps are resized and concatenated, the displacement layer is applied to the
whole of that, and its loss is taken over dense maps of targets and weights.
The numbers are the same.
"""
from typing import Dict, Tuple

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import torch
from mmpose.models.necks import FeatureMapProcessor
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, SampleList
from torch import Tensor

from mmpose_pinet.models import PINetHead
from mmpose_pinet.models.heads.target_rows import TargetRows
from mmpose_pinet.models.layers import FeaturePyramid


@MODELS.register_module()
class DensePINetHead(PINetHead):
    """Train on the dense targets of :func:`add_dense_targets`.

    Arguments, weights and losses are those of :class:`PINetHead`.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.concatenate = FeatureMapProcessor(concat=True)

    def loss(self,
             feats: Tuple[Tensor],
             batch_data_samples: SampleList,
             train_cfg: ConfigType = {}) -> Dict[str, Tensor]:
        """Compute the losses of :meth:`PINetHead.loss` from dense maps."""
        pyramid = FeaturePyramid(self.concatenate(feats))
        fields = [d.gt_fields for d in batch_data_samples]
        heatmaps, weights, displacements, displacement_weights = (
            torch.stack([field.get(key) for field in fields])
            for key in ('heatmaps', 'heatmap_weights', 'displacements',
                        'displacement_weights'))
        point_maps, maps = map(pyramid.convolve,
                               (self.point_layer, self.displacement_layer))
        losses = {
            'loss/heatmap':
            self.loss_module['heatmap'](point_maps, heatmaps, weights, None),
            'loss/displacement':
            self.loss_module['displacement'](maps, displacements,
                                             displacement_weights)
        }
        if self.refinement is None:
            return losses

        # refinement reads the map at the cells that PINetHead trains it on
        rows = TargetRows.collect(batch_data_samples,
                                  heatmaps[:, self.num_keypoints:])
        chosen = rows.strongest((train_cfg or {}).get('refine_samples', 40))
        images, parts, points = (
            x[chosen] for x in (rows.images, rows.parts, rows.points))
        x, y = points.long().unbind(-1)
        of_parts = maps.detach().unflatten(
            1, (self.decoder.num_parts, self.num_keypoints, 2))
        coarse = points[:, None] + of_parts[images, parts, :, :, y, x]
        refined = self.refine(pyramid, images, coarse,
                              pyramid.read(images, points))
        losses['loss/refine'] = self.loss_module['refine'](
            refined, rows.poses[chosen], rows.weights[chosen])
        return losses


def add_dense_targets(samples: SampleList, num_parts: int) -> None:
    """Add to each sample what a dense codec would have given.

    Args:
        samples (list[PoseDataSample]): With targets of ``PartSPR.encode``.
            They get the fields ``displacements`` and
            ``displacement_weights`` (S*K*2, H, W).
        num_parts (int): S.
    """
    for sample in samples:
        rows, fields = sample.gt_instance_labels, sample.gt_fields
        height, width = fields.heatmaps.shape[-2:]
        num_keypoints = rows.displacements.shape[1]
        values = dict(
            displacements=rows.displacements,
            displacement_weights=rows.displacement_weights[..., None].expand(
                -1, -1, 2))
        for key, value in values.items():
            dense = value.new_zeros(num_parts, num_keypoints, 2,
                                    height * width)
            dense[rows.part_indices, :, :, rows.cell_indices] = value
            fields.set_field(dense.view(-1, height, width), key)
