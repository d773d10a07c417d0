"""The head of PINet: part-based pose generation, refinement and fusion."""
from functools import partial
from typing import Dict, Optional, Sequence, Tuple

import torch
import torch.nn as nn
from mmengine.runner.amp import autocast
from mmengine.structures import PixelData
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.utils.typing import (ConfigType, Features, InstanceList,
                                 OptConfigType, OptSampleList, Predictions)
from torch import Tensor

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.fusion import find_persons
from mmpose_pinet.post_processors import build_post_processor

from ..cuda_graphs import can_replay
from ..layers import FeaturePyramid
from ..layers.pose_refinement import sampling_points
from ..persons import check_features, image_name, pack_persons
from .flip_test import PlainTest
from .graphed_candidates import GraphedCandidates
from .multiscale import (Candidates, ScaleTest, iterate_scales, merge_scales,
                         to_arrays)
from .target_rows import TargetRows

POSE_LOSS = dict(
    type='SoftWeightSmoothL1Loss',
    use_target_weight=True,
    supervise_empty=False,
    beta=1 / 9,
    loss_weight=0.03)


@MODELS.register_module()
class PINetHead(BaseHead):
    """PPG, PR and PF on top of a backbone's feature maps (Fig. 2).

    Displacements exist only where a part point is: the displacement layer is
    a 1x1 convolution applied to single feature columns, never to the map.
    Maps of several sizes count as one :class:`FeaturePyramid`.

    Images B, keypoints K, parts S, candidates t, persons m. Cells of the
    feature map (C, H, W) are the unit of poses until they leave as input px.

    Args:
        in_channels (int): C, of all feature maps together.
        num_keypoints (int, optional): K.
        decoder (dict): Config of :class:`PartSPR`. Its ``skeleton`` tells K,
            the refinement's links and the sigmas, where these are not given.
        refinement (dict, optional): Config of :class:`PoseRefinement`, which
            is given C and K. ``None`` leaves coarse poses as they are.
        post_processor (dict, optional): Config of :class:`PoseFusion` or of
            anything built and called alike. ``None`` returns all candidates.
        heatmap_loss, displacement_loss, refine_loss (dict): Losses of point
            maps (Eq. 12), rows (Eq. 8) and refined poses (Eq. 10).
        init_cfg (dict, optional): By default N(0, 0.001), but for refinement.

    Raises:
        ValueError: If ``decoder`` is no PartSPR, or it,
            ``refinement.skeleton`` or ``post_processor.sigmas`` do not fit K.
    """

    takes_channels_last = True

    def __init__(self,
                 in_channels: int,
                 num_keypoints: Optional[int] = None,
                 decoder: OptConfigType = None,
                 refinement: OptConfigType = dict(type='PoseRefinement'),
                 post_processor: OptConfigType = None,
                 heatmap_loss: ConfigType = dict(
                     type='KeypointMSELoss', use_target_weight=True),
                 displacement_loss: ConfigType = POSE_LOSS,
                 refine_loss: ConfigType = POSE_LOSS,
                 init_cfg: OptConfigType = None) -> None:
        if init_cfg is None:
            layers = dict(name='point_layer'), dict(name='displacement_layer')
            init_cfg = dict(type='Normal', std=0.001, override=[*layers])
        super().__init__(init_cfg)
        self.decoder = decoder and KEYPOINT_CODECS.build(decoder)
        if not isinstance(self.decoder, PartSPR):
            raise ValueError(
                f'model.head.decoder is a {type(self.decoder).__name__}: it '
                "must be of type='PartSPR', as in GenerateTarget")
        skeleton = self.decoder.skeleton
        if num_keypoints is None and skeleton is not None:
            num_keypoints = skeleton.num_keypoints
        self.decoder.check_num_keypoints(num_keypoints)
        self.num_keypoints = num_keypoints
        num_parts = self.decoder.num_parts
        # 1x1 convolutions: one of whole maps, one of single columns
        self.point_layer = nn.Linear(in_channels, num_keypoints + num_parts)
        self.displacement_layer = nn.Linear(in_channels,
                                            num_parts * num_keypoints * 2)
        self.loss_module = nn.ModuleDict(
            dict(
                heatmap=MODELS.build(heatmap_loss),
                displacement=MODELS.build(displacement_loss)))

        self.refinement = None
        if refinement is not None:
            known = dict(in_channels=in_channels, num_keypoints=num_keypoints)
            if skeleton is not None and 'skeleton' not in refinement:
                known['skeleton'] = skeleton.links
            self.refinement = MODELS.build(dict(refinement, **known))
            self.loss_module['refine'] = MODELS.build(refine_loss)
        self.post_processor = build_post_processor(
            post_processor, num_keypoints, skeleton and skeleton.sigmas)
        self._graphed_candidates = GraphedCandidates()

    def _load_from_state_dict(self, state_dict, prefix, *args):
        # the point layer was a convolution with kernels of size 1
        name = f'{prefix}point_layer.weight'
        if name in state_dict:
            state_dict[name] = state_dict[name].flatten(1)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def forward(self, feats: Tuple[Tensor]) -> Tensor:
        """Make the point maps (B, K+S, H, W), keypoints first (Eq. 6).

        Args:
            feats (tuple[Tensor]): (B, C_i, H_i, W_i), the finest first.
        """
        return FeaturePyramid(feats).convolve(self.point_layer)

    def generate(self, pyramid: FeaturePyramid, images: Tensor, parts: Tensor,
                 points: Tensor) -> Tuple[Tensor, Tensor]:
        """Generate a coarse pose at each part point (PPG, Eq. 1).

        Args:
            pyramid (FeaturePyramid): Of B images.
            images (Tensor): (t, ) image indices.
            parts (Tensor): (t, ) part indices.
            points (Tensor): (t, 2) part points p in cells.

        Returns:
            tuple[Tensor]: Poses p + o, (t, K, 2) in cells, and the features
            at the part points, (t, C).
        """
        part_features = pyramid.read(images, points)
        layer = self.displacement_layer
        # bfloat16 has quarters of a cell, where a keypoint is 60 cells away
        with autocast(device_type=points.device.type, enabled=False):
            of_all_parts = layer(part_features.to(layer.weight.dtype))
        of_all_parts = of_all_parts.unflatten(
            1, (self.decoder.num_parts, self.num_keypoints, 2))
        rows = torch.arange(parts.shape[0], device=parts.device)
        return points[:, None] + of_all_parts[rows, parts], part_features

    def refine(self, pyramid: FeaturePyramid, images: Tensor, poses: Tensor,
               part_features: Tensor) -> Tensor:
        """Correct coarse poses by what their keypoints look like (PR, Eq. 3).

        Args:
            pyramid, images: As of :meth:`generate`.
            poses, part_features (Tensor): As :meth:`generate` returns them.

        Returns:
            Tensor: (t, K, 2) in cells.
        """
        if self.refinement is None:
            return poses
        points = sampling_points(poses, pyramid.size).transpose(0, 1)
        features = pyramid.read(images, points)
        return poses + self.refinement(features, part_features)

    def fuse(self, images: Tensor, poses: Tensor, scores: Tensor,
             samples: OptSampleList, score_thr: float) -> InstanceList:
        """Turn the candidates of each image into its persons (PF, Sec. 3.4).

        Args:
            images, poses, scores: As of :func:`merge_scales`.
            samples (list[PoseDataSample]): B, which name images in errors.
            score_thr (float): Persons under it are left out; 0: nobody.

        Returns:
            list[InstanceData]: Of numpy arrays, best person first.
        """
        found = to_arrays(images, poses, scores, len(samples))
        return [
            pack_persons(
                find_persons(of_poses * self.decoder.scale_factor,
                             of_scores, self.post_processor, score_thr,
                             image_name(sample)))
            for (of_poses, of_scores), sample in zip(found, samples)
        ]

    def loss(self,
             feats: Tuple[Tensor],
             batch_data_samples: OptSampleList,
             train_cfg: OptConfigType = {}) -> Dict[str, Tensor]:
        """Compute the losses of a batch (Eq. 5, 12).

        Args:
            feats (tuple[Tensor]): As of :meth:`forward`.
            batch_data_samples (list[PoseDataSample]): With the targets of
                :meth:`PartSPR.encode`, and ``gt_fields.heatmap_mask``
                (1, H, W) where parts of the image teach nothing.
            train_cfg (dict): ``refine_samples`` is the number of poses a part
                and image that refinement is trained on, 40 by default.

        Returns:
            dict[str, Tensor]: ``loss/heatmap``, ``loss/displacement`` and,
            with refinement, ``loss/refine``.
        """
        pyramid = FeaturePyramid(feats)
        fields = [d.gt_fields for d in batch_data_samples]
        heatmaps = torch.stack([f.heatmaps for f in fields])
        weights = torch.stack([f.heatmap_weights for f in fields])
        mask = torch.stack([f.heatmap_mask for f in fields
                            ]) if 'heatmap_mask' in fields[0] else None
        point_maps = pyramid.convolve(self.point_layer)
        loss = self.loss_module['heatmap'](point_maps, heatmaps, weights, mask)
        losses = {'loss/heatmap': loss}

        rows = TargetRows.collect(batch_data_samples,
                                  heatmaps[:, self.num_keypoints:])
        coarse, part_features = self.generate(pyramid, rows.images, rows.parts,
                                              rows.points)
        losses['loss/displacement'] = self.loss_module['displacement'](
            coarse, rows.poses, rows.weights)
        if self.refinement is None:
            return losses

        chosen = rows.strongest((train_cfg or {}).get('refine_samples', 40))
        refined = self.refine(pyramid, rows.images[chosen],
                              coarse[chosen].detach(), part_features[chosen])
        losses['loss/refine'] = self.loss_module['refine'](
            refined, rows.poses[chosen], rows.weights[chosen])
        return losses

    def predict(self,
                feats: Features,
                batch_data_samples: OptSampleList,
                test_cfg: OptConfigType = {}) -> Predictions:
        """Find the persons of a batch of images of one shape (Fig. 2).

        Args:
            feats (Features): As of :meth:`forward`; with ``flip_test``, those
                of the images and those of the mirrored images; with
                ``multiscale_test``, a list of either, scale 1 first.
            batch_data_samples (list[PoseDataSample]): With ``flip_indices``
                and ``aug_scales`` in their meta where the test needs them.
            test_cfg (dict): ``flip_test``, ``multiscale_test``, ``score_thr``
                (persons under it are left out, 0 by default: average precision
                wants them all), ``output_heatmaps`` and ``cuda_graphs``.

        Returns:
            list[InstanceData] | tuple: For each image ``keypoints``
            (m, K, 2) and ``bboxes`` (m, 4) in input px, ``keypoint_scores``
            (m, K) and ``bbox_scores`` (m, ), best person first; none when
            nobody is found. With ``output_heatmaps`` also a list of
            ``PixelData`` with ``heatmaps`` (K+S, H, W).

        Raises:
            ValueError: If padded shapes differ, or poses are not finite.
        """
        test_cfg = test_cfg or {}
        tests = list(
            iterate_scales(feats, batch_data_samples, test_cfg, self.decoder))
        find = self.find_candidates
        if can_replay(self, test_cfg, tests[0].levels[0]):
            find = partial(self._graphed_candidates, self)
        *candidates, maps = find(tests)
        persons = self.fuse(*candidates, batch_data_samples,
                            test_cfg.get('score_thr', 0.))
        check_features([maps], batch_data_samples)
        if test_cfg.get('output_heatmaps', False):
            maps = tests[0].mirror.cell_maps(maps.detach())
            return persons, [PixelData(heatmaps=m) for m in maps]
        return persons

    def find_candidates(self,
                        tests: Sequence[ScaleTest],
                        every: bool = False) -> Tuple[Tensor, ...]:
        """Find the candidates (PPG, PR), as :func:`merge_scales` gives them,
        and the point maps of the first scale."""
        found = []
        for scale, levels, mirror in tests:
            pyramid = FeaturePyramid(levels)
            maps = mirror.merge_maps(pyramid.convolve(self.point_layer))
            *peaks, part_scores = self.decoder.find_peaks(
                maps[:, self.num_keypoints:], pyramid.size, every)
            poses, scores = self.find_poses(pyramid, mirror, peaks)
            found.append(
                Candidates(scale, pyramid.size, peaks[0], poses, part_scores,
                           maps, mirror, scores))
        return (*merge_scales(found, self.decoder), found[0].maps)

    def find_poses(self, pyramid: FeaturePyramid, mirror: PlainTest,
                   peaks: Sequence[Tensor]) -> tuple:
        """Find a pose at each peak (PPG, PR): (t, K, 2) in cells, and scores
        (t, K), or ``None`` for r_p * r_k."""
        images, parts, points = mirror.queries(*peaks)
        coarse, part_features = self.generate(pyramid, images, parts, points)
        refined = self.refine(pyramid, images, coarse, part_features)
        return mirror.merge_poses(refined, points), None
