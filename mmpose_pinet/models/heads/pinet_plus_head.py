"""PINet with the accuracy of heatmaps on top of its direct poses."""
from contextlib import contextmanager
from typing import Dict, Iterator, Optional, Sequence, Tuple

import torch
import torch.nn as nn
from mmpose.registry import MODELS
from mmpose.utils.typing import (ConfigType, OptConfigType, OptSampleList,
                                 SampleList)
from torch import Tensor

from ..layers import FeaturePyramid
from ..persons import SHOWN_FROM
from .candidate_targets import CandidateTargets, LabelledPersons
from .flip_test import PlainTest
from .pinet_head import PINetHead

# Candidates that share less with a person are not told where its keypoints
# are: their windows are elsewhere.
LEAST_OKS = 0.1
# Those of less are nobody's: all of their keypoints are wrong.
NOBODYS_OKS = 1e-3
# A score is an OKS to expect, and a person of less is hardly one
SHOWN_FROM_OKS = 0.3


@MODELS.register_module()
class PINetPlusHead(PINetHead):
    """PINet whose keypoints are looked for, and whose scores know OKS.

    After refinement each keypoint of a pose is looked for in a small window
    around it, and scored by what it will add to OKS. Neither is of the paper.
    Both learn from the candidates of training images, found as in a test, and
    no gradient of theirs reaches the other layers: the PINet within is the
    one that it would be without them.

    Args:
        *args, **kwargs: As of :class:`PINetHead`.
        localisation (dict): Config of :class:`KeypointLocalisation`, which
            is given C and K. ``None`` leaves refined poses as they are.
        scoring (dict): Config of :class:`KeypointScoring`, which is given C,
            K and S. ``None`` keeps scores r_p * r_k.
        localisation_loss (dict): Of keypoints, in units of distance at which
            OKS falls off.
        scoring_loss (dict): Of scores' logits; the sum over keypoints.

    Raises:
        ValueError: If ``decoder`` has no skeleton, or as :class:`PINetHead`.
    """

    added_layers = ('localisation', 'scoring')  # the release has none

    def __init__(self,
                 *args,
                 localisation: OptConfigType = dict(
                     type='KeypointLocalisation'),
                 scoring: OptConfigType = dict(type='KeypointScoring'),
                 localisation_loss: ConfigType = dict(
                     type='SoftWeightSmoothL1Loss',
                     use_target_weight=True,
                     supervise_empty=False),
                 scoring_loss: ConfigType = dict(
                     type='BCELoss', use_target_weight=True, reduction='sum'),
                 **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.decoder.skeleton is None:
            raise ValueError(
                'model.head.decoder has no skeleton, and PINetPlusHead takes '
                "the sigmas of OKS from it: set skeleton='coco', "
                "'crowdpose' or the path of a metainfo file")
        known = dict(
            in_channels=self.point_layer.in_features,
            num_keypoints=self.num_keypoints)
        self.localisation = self.scoring = None
        if localisation is not None:
            self.localisation = MODELS.build(dict(localisation, **known))
            self.loss_module['localisation'] = MODELS.build(localisation_loss)
        if scoring is not None:
            known['num_parts'] = self.decoder.num_parts
            self.scoring = MODELS.build(dict(scoring, **known))
            self.loss_module['scoring'] = MODELS.build(scoring_loss)
        self.register_buffer(
            'sigmas',
            torch.tensor(self.decoder.skeleton.sigmas),
            persistent=False)

    @property
    def shown_from(self) -> float:
        """The least score of a person that is shown where nobody says."""
        return SHOWN_FROM if self.scoring is None else SHOWN_FROM_OKS

    def score(self, pyramid: FeaturePyramid, images: Tensor, parts: Tensor,
              poses: Tensor, part_features: Tensor) -> Tensor:
        """Score the keypoints of poses.

        Args:
            pyramid, images, poses, part_features: As of :meth:`refine`.
            parts (Tensor): (t, ) part indices.

        Returns:
            Tensor: (t, K) logits.
        """
        features = pyramid.read(images, poses.transpose(0, 1))  # (K, t, C)
        # the point layer, at single columns
        weight, bias = self.point_layer.weight, self.point_layer.bias
        rows = self.num_keypoints + parts
        values = torch.cat([
            torch.einsum('ktc,kc->tk', features, weight[:self.num_keypoints]) +
            bias[:self.num_keypoints],
            ((part_features * weight[rows]).sum(1) + bias[rows])[:, None]
        ], 1)
        return self.scoring(features, part_features, values.detach(), poses,
                            parts)

    def find_poses(self, pyramid: FeaturePyramid, mirror: PlainTest,
                   peaks: Sequence[Tensor]) -> tuple:
        """As of :class:`PINetHead`: PPG, PR, localisation and scores."""
        images, parts, points = mirror.queries(*peaks)
        coarse, part_features = self.generate(pyramid, images, parts, points)
        refined = self.refine(pyramid, images, coarse, part_features)
        located = refined
        if self.localisation is not None:
            located = self.localisation(pyramid, images, refined,
                                        part_features)
        poses = mirror.merge_poses(located, points)
        if self.scoring is None:
            return poses, None
        scores = self.score(pyramid, images, parts, located, part_features)
        return poses, mirror.merge_scores(scores.sigmoid(), points)

    def loss(self,
             feats: Tuple[Tensor],
             batch_data_samples: OptSampleList,
             train_cfg: OptConfigType = {}) -> Dict[str, Tensor]:
        """Compute the losses of a batch.

        Args:
            feats, batch_data_samples, train_cfg: As of :class:`PINetHead`,
                with the labels of :class:`LabelledPersons`.

        Returns:
            dict[str, Tensor]: Those of PINet, ``loss/localisation`` and
            ``loss/scoring``.
        """
        losses = super().loss(feats, batch_data_samples, train_cfg)
        pyramid = FeaturePyramid([level.detach() for level in feats])
        images, parts, poses, part_features = self._candidates(
            pyramid, batch_data_samples)
        persons = LabelledPersons.collect(
            batch_data_samples, self.sigmas,
            poses.new_tensor(self.decoder.scale_factor))
        targets = CandidateTargets.match(persons, images, poses)
        if self.localisation is not None:
            poses, loss = self._learn_to_locate(targets, pyramid, images,
                                                poses, part_features)
            losses['loss/localisation'] = loss
        if self.scoring is not None:
            logits = self.score(pyramid, images, parts, poses, part_features)
            nobodys = targets.oks < NOBODYS_OKS
            counted = targets.labelled | nobodys[:, None]
            losses['loss/scoring'] = self.loss_module['scoring'](
                logits, targets.terms(poses),
                counted.to(logits)) / counted.sum().clamp(min=1)
        return losses

    @torch.no_grad()
    def _candidates(self, pyramid: FeaturePyramid,
                    samples: SampleList) -> Tuple[Tensor, ...]:
        """Find candidates of training images as in a test: images, parts,
        refined poses and part features."""
        point_maps = pyramid.convolve(self.point_layer)
        images, parts, points, _ = self.decoder.find_peaks(
            point_maps[:, self.num_keypoints:])
        if 'heatmap_mask' in samples[0].gt_fields:
            masks = torch.cat([d.gt_fields.heatmap_mask for d in samples])
            x, y = points.long().unbind(1)
            told = masks[images, y, x] > 0
            images, parts, points = images[told], parts[told], points[told]
        coarse, part_features = self.generate(pyramid, images, parts, points)
        with _evaluating(self.refinement):
            poses = self.refine(pyramid, images, coarse, part_features)
        return images, parts, poses, part_features

    def _learn_to_locate(self, targets: CandidateTargets,
                         pyramid: FeaturePyramid, images: Tensor,
                         poses: Tensor,
                         part_features: Tensor) -> Tuple[Tensor, Tensor]:
        """Locate all candidates (t, K, 2), and tell the loss of those that
        are at a person: the others need no gradient."""
        taught = targets.oks > LEAST_OKS
        located = torch.empty_like(poses)
        with torch.no_grad():
            located[~taught] = self.localisation(pyramid, images[~taught],
                                                 poses[~taught],
                                                 part_features[~taught])
        learned = self.localisation(pyramid, images[taught], poses[taught],
                                    part_features[taught])
        located[taught] = learned.detach()

        truth, labelled, tolerances, _ = (x[taught] for x in targets)
        distance = (truth - poses[taught]).abs().amax(-1)
        weights = labelled & (distance <= self.localisation.reach)
        unit = tolerances[..., None]
        return located, self.loss_module['localisation'](learned / unit,
                                                         truth / unit,
                                                         weights.to(learned))


@contextmanager
def _evaluating(module: Optional[nn.Module]) -> Iterator[None]:
    """Take running statistics, and leave them alone."""
    training = module is not None and module.training
    if training:
        module.eval()
    try:
        yield
    finally:
        if training:
            module.train()
