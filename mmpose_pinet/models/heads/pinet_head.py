"""The head of PINet: part-based pose generation, refinement and fusion."""
from typing import Dict, Tuple

import torch
import torch.nn as nn
from mmengine.runner.amp import autocast
from mmengine.structures import PixelData
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS, TASK_UTILS
from mmpose.utils.typing import (ConfigType, Features, OptConfigType,
                                 OptSampleList, Predictions)
from torch import Tensor

from mmpose_pinet.codecs.partitions import mirror_parts

from ..layers.pose_refinement import sampling_points
from ..layers.pyramid_conv import PyramidConv
from ..layers.views import Views
from .candidates import Candidates, merge_candidates, merge_maps, pack_persons
from .target_rows import TargetRows


@MODELS.register_module()
class PINetHead(BaseHead):
    """PPG, PR and PF on top of a backbone's feature maps (Fig. 2).

    Displacements exist only where a part point is: the displacement layer is
    a 1x1 convolution applied to single feature columns, never to the map.
    Maps of several sizes count as one of the first one's size, as if the
    others were resized and concatenated, which is never done.

    Note:

        - images B, keypoints K, parts S, candidates t, persons m
        - feature map (C, H, W); its cells are the unit of poses until they
          leave as input px

    Args:
        in_channels (int): C, of the last feature map or of all together.
        num_keypoints (int): K.
        decoder (dict): Config of :class:`PartSPR`.
        refinement (dict, optional): Config of :class:`PoseRefinement`, which
            is given C and K. ``None`` leaves coarse poses as they are (PPG
            alone).
        post_processor (dict, optional): Config of :class:`PoseFusion` or of
            anything that is called alike. ``None`` returns all candidates.
        heatmap_loss (dict): Config of the loss on point maps (Eq. 12).
        displacement_loss (dict): Config of the loss on displacement rows
            (Eq. 8).
        refine_loss (dict): Config of the loss on refined poses (Eq. 10).
        init_cfg (dict, optional): By default, the layers that make point maps
            and displacements start as N(0, 0.001).

    Raises:
        ValueError: If ``decoder.parts``, ``refinement.skeleton`` or
            ``post_processor.sigmas`` do not fit ``num_keypoints``.
    """

    def __init__(self,
                 in_channels: int,
                 num_keypoints: int,
                 decoder: ConfigType,
                 refinement: OptConfigType = dict(
                     type='PoseRefinement',
                     num_layers=3,
                     graph='dynamic',
                     skeleton='coco'),
                 post_processor: OptConfigType = None,
                 heatmap_loss: ConfigType = dict(
                     type='KeypointMSELoss', use_target_weight=True),
                 displacement_loss: ConfigType = dict(
                     type='SoftWeightSmoothL1Loss',
                     use_target_weight=True,
                     supervise_empty=False,
                     beta=1 / 9,
                     loss_weight=0.03),
                 refine_loss: ConfigType = dict(
                     type='SoftWeightSmoothL1Loss',
                     use_target_weight=True,
                     supervise_empty=False,
                     beta=1 / 9,
                     loss_weight=0.03),
                 init_cfg: OptConfigType = None) -> None:
        if init_cfg is None:
            init_cfg = dict(
                type='Normal',
                std=0.001,
                override=[
                    dict(name='point_layer'),
                    dict(name='displacement_layer')
                ])
        super().__init__(init_cfg)
        self.num_keypoints = num_keypoints
        self.decoder = KEYPOINT_CODECS.build(decoder)
        self.decoder.check_num_keypoints(num_keypoints)
        num_parts = self.decoder.num_parts
        self.point_layer = PyramidConv(in_channels, num_keypoints + num_parts)
        self.displacement_layer = nn.Linear(in_channels,
                                            num_parts * num_keypoints * 2)
        self.loss_module = nn.ModuleDict(
            dict(
                heatmap=MODELS.build(heatmap_loss),
                displacement=MODELS.build(displacement_loss)))

        self.refinement = None
        if refinement is not None:
            self.refinement = MODELS.build(
                dict(
                    refinement,
                    in_channels=in_channels,
                    num_keypoints=num_keypoints))
            self.loss_module['refine'] = MODELS.build(refine_loss)

        self.post_processor = None
        if post_processor is not None:
            self.post_processor = TASK_UTILS.build(post_processor)
            sigmas = getattr(self.post_processor, 'sigmas', None)
            if sigmas is not None and len(sigmas) != num_keypoints:
                raise ValueError(
                    f'post_processor.sigmas has {len(sigmas)} values, but '
                    f'num_keypoints={num_keypoints}')

    def forward(self, feats: Tuple[Tensor]) -> Tensor:
        """Point maps: K keypoint heatmaps, then S part heatmaps (Eq. 6).

        Args:
            feats (tuple[Tensor]): Feature maps as :meth:`PyramidConv.levels`
                takes them.

        Returns:
            Tensor: (B, K+S, H, W).
        """
        return self.point_layer(feats)

    def displace(self, part_features: Tensor, parts: Tensor) -> Tensor:
        """Displacements o from part points to keypoints (Eq. 1).

        Args:
            part_features (Tensor): (t, C) features at the part points.
            parts (Tensor): (t, ) part indices.

        Returns:
            Tensor: (t, K, 2) in cells.
        """
        layer = self.displacement_layer
        # bfloat16 has quarters of a cell, where a keypoint is 60 cells away
        with autocast(device_type=part_features.device.type, enabled=False):
            of_all_parts = layer(part_features.to(layer.weight.dtype))
        of_all_parts = of_all_parts.unflatten(
            1, (self.decoder.num_parts, self.num_keypoints, 2))
        rows = torch.arange(len(parts), device=parts.device)
        return of_all_parts[rows, parts].float()

    def loss(self,
             feats: Tuple[Tensor],
             batch_data_samples: OptSampleList,
             train_cfg: OptConfigType = {}) -> Dict[str, Tensor]:
        """Losses of a batch (Eq. 5, 12).

        Args:
            feats (tuple[Tensor]): Feature maps as :meth:`PyramidConv.levels`
                takes them.
            batch_data_samples (list[PoseDataSample]): With the targets of
                :meth:`PartSPR.encode`, and ``gt_fields.heatmap_mask``
                (1, H, W) where parts of the image teach nothing.
            train_cfg (dict): ``refine_samples`` is the number of poses a part
                and image that refinement is trained on, 40 by default.

        Returns:
            dict[str, Tensor]: ``loss/heatmap``, ``loss/displacement`` and,
            with refinement, ``loss/refine``.
        """
        fields = [d.gt_fields for d in batch_data_samples]
        heatmaps = torch.stack([f.heatmaps for f in fields])
        weights = torch.stack([f.heatmap_weights for f in fields])
        mask = None
        if 'heatmap_mask' in fields[0]:
            mask = torch.stack([f.heatmap_mask for f in fields])
        losses = {
            'loss/heatmap':
            self.loss_module['heatmap'](self.forward(feats).float(), heatmaps,
                                        weights, mask)
        }

        rows = TargetRows.collect(batch_data_samples)
        views = Views([self.point_layer.levels(feats)])
        points = self.decoder.cell_to_point(rows.cells, views.size[0])
        part_features = views.read(rows.images, points[None])
        displacements = self.displace(part_features, rows.parts)
        # x and y count apart in the loss's mean
        row_weights = rows.weights[..., None].expand(-1, -1, 2)
        losses['loss/displacement'] = self.loss_module['displacement'](
            displacements, rows.displacements, row_weights)
        if self.refinement is None:
            return losses

        chosen = rows.strongest(heatmaps[:, self.num_keypoints:],
                                (train_cfg or {}).get('refine_samples', 40))
        coarse = displacements[chosen].detach()
        poses = points[chosen, None] + coarse
        corrections = self.correct(views, rows.images[chosen], poses[None],
                                   part_features[chosen])
        losses['loss/refine'] = self.loss_module['refine'](
            coarse + corrections[0], rows.displacements[chosen],
            row_weights[chosen])
        return losses

    def correct(self, views: Views, images: Tensor, poses: Tensor,
                part_features: Tensor) -> Tensor:
        """What refinement adds to coarse poses in each view (Eq. 3).

        Args:
            views (Views): V views of the batch.
            images (Tensor): (t, ) image indices.
            poses (Tensor): (V, t, K, 2) in cells.
            part_features (Tensor): (V*t, C) features at the part points.

        Returns:
            Tensor: (V, t, K, 2) in cells.
        """
        keypoint_features = views.read(images,
                                       sampling_points(poses, views.size))
        corrections = self.refinement(keypoint_features, part_features)
        return views.vectors_to_plain(corrections.float())

    def find_poses(self, views: Views) -> Tuple[Tensor, Candidates]:
        """From features to scored poses, at one scale (PPG and PR).

        Args:
            views (Views): V views of the batch.

        Returns:
            tuple: Point maps as :meth:`Views.merge_maps` returns them, and t
            candidate poses.
        """
        maps = views.merge_maps(self.forward(views.levels).float())
        images, parts, cells, part_scores = self.decoder.find_peaks(
            maps[:, self.num_keypoints:], views.size)
        points = views.map_points(
            self.decoder.cell_to_point(cells, maps.shape[-1]))

        part_features = views.read(images,
                                   points.expand(views.num_views, -1, -1))
        displacements = self.displace(part_features, views.of_parts(parts))
        poses = points[:, None] + views.vectors_to_plain(displacements)
        if self.refinement is not None:
            poses = poses + self.correct(views, images, poses, part_features)
        poses = views.merge_poses(poses, points)
        return maps, Candidates(images, poses, part_scores)

    def predict(self,
                feats: Features,
                batch_data_samples: OptSampleList,
                test_cfg: OptConfigType = {}) -> Predictions:
        """Persons of a batch of any size, of images of one shape.

        Args:
            feats (Features): The tuple of feature maps, see
                :meth:`PyramidConv.levels`; with ``flip_test``, a list of that
                of the images and that of the mirrored images; with
                ``multiscale_test``, a list of either, scale 1 first.
            batch_data_samples (list[PoseDataSample]): With ``flip_indices``
                and ``aug_scales`` in their meta where the test needs them.
            test_cfg (dict): ``flip_test``, ``multiscale_test`` and
                ``output_heatmaps``.

        Returns:
            list[InstanceData] | tuple: For each image ``keypoints``
            (m, K, 2) and ``bboxes`` (m, 4) in input px, ``keypoint_scores``
            (m, K) and ``bbox_scores`` (m, ), best person first; none when
            nobody is found. With ``output_heatmaps`` also a list of
            ``PixelData`` with ``heatmaps`` (K+S, H, W).

        Raises:
            ValueError: If some images were padded to the shape of others.
        """
        test_cfg = test_cfg or {}
        shapes = {
            tuple(d.metainfo['pad_shape'])
            for d in batch_data_samples if 'pad_shape' in d.metainfo
        }
        if len(shapes) > 1:
            raise ValueError(
                f'images of {sorted(shapes)} px are padded to one shape, and '
                'poses would be found in the padding: set model.type='
                'BatchedBottomupPoseEstimator, or test_dataloader.batch_size=1'
            )
        scales = [1.]
        if test_cfg.get('multiscale_test', False):
            scales += batch_data_samples[0].metainfo['aug_scales']
        else:
            feats = [feats]
        views = [
            self._views(feat, batch_data_samples, test_cfg) for feat in feats
        ]

        maps, candidates = zip(*map(self.find_poses, views))
        sizes = [v.size for v in views]
        merged = merge_candidates(candidates, sizes, scales,
                                  len(batch_data_samples))
        origin = maps[0].new_tensor([views[0].origin, 0])
        keypoint_maps = merge_maps([m[:, :self.num_keypoints] for m in maps],
                                   sizes, scales, origin)
        scores = merged.part_scores[:, None] * self.decoder.score_keypoints(
            keypoint_maps, merged.images, merged.poses - origin)
        keypoints = merged.poses * merged.poses.new_tensor(
            self.decoder.scale_factor)

        persons = pack_persons(merged.images, keypoints, scores,
                               len(batch_data_samples), self.post_processor)
        if test_cfg.get('output_heatmaps', False):
            plain = views[0].plain_maps(maps[0].detach())
            return persons, [PixelData(heatmaps=m) for m in plain]
        return persons

    def _views(self, feats: Features, batch_data_samples: OptSampleList,
               test_cfg: ConfigType) -> Views:
        """The views of one scale."""
        if not test_cfg.get('flip_test', False):
            return Views([self.point_layer.levels(feats)])
        joint_flip = batch_data_samples[0].metainfo['flip_indices']
        return Views([self.point_layer.levels(feat) for feat in feats],
                     stride=float(self.decoder.scale_factor[0]),
                     joint_flip=joint_flip,
                     part_flip=mirror_parts(self.decoder.parts, joint_flip))
