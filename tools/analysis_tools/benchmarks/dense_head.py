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
import torch.nn as nn
from mmpose.models.necks import FeatureMapProcessor
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, SampleList
from torch import Tensor

from mmpose_pinet.models import PINetHead
from mmpose_pinet.models.heads.target_rows import TargetRows
from mmpose_pinet.models.layers.views import Views


@MODELS.register_module()
class DensePINetHead(PINetHead):
    """PINetHead that trains on :func:`add_dense_targets`.

    Arguments and losses are those of :class:`PINetHead`; the displacement
    layer is a 1x1 convolution to S*K*2 channels.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        linear = self.displacement_layer
        self.displacement_layer = nn.Conv2d(linear.in_features,
                                            linear.out_features, 1)
        self.concatenate = FeatureMapProcessor(concat=True)

    def loss(self,
             feats: Tuple[Tensor],
             batch_data_samples: SampleList,
             train_cfg: ConfigType = {}) -> Dict[str, Tensor]:
        """The losses of :meth:`PINetHead.loss`, from dense maps."""
        feats = self.concatenate(feats)
        fields = [d.gt_fields for d in batch_data_samples]
        heatmaps, weights, displacements, displacement_weights = (
            torch.stack([field.get(key) for field in fields])
            for key in ('heatmaps', 'heatmap_weights', 'displacements',
                        'displacement_weights'))
        maps = self.displacement_layer(feats[-1]).float()
        losses = {
            'loss/heatmap':
            self.loss_module['heatmap'](self.forward(feats).float(), heatmaps,
                                        weights, None),
            'loss/displacement':
            self.loss_module['displacement'](maps, displacements,
                                             displacement_weights)
        }

        # refinement reads the map at the cells that PINetHead trains it on
        rows = TargetRows.collect(batch_data_samples)
        chosen = rows.strongest(heatmaps[:, self.num_keypoints:],
                                (train_cfg or {}).get('refine_samples', 40))
        images, parts, cells = (
            x[chosen] for x in (rows.images, rows.parts, rows.cells))
        views = Views([feats])
        points = self.decoder.cell_to_point(cells, views.size[0])
        of_parts = maps.detach().flatten(2).unflatten(
            1, (self.decoder.num_parts, self.num_keypoints, 2))
        coarse = of_parts[images, parts, :, :, cells]
        corrections = self.correct(views, images,
                                   (points[:, None] + coarse)[None],
                                   views.read(images, points[None]))
        losses['loss/refine'] = self.loss_module['refine'](
            coarse + corrections[0], rows.displacements[chosen],
            rows.weights[chosen, :, None].expand(-1, -1, 2))
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
