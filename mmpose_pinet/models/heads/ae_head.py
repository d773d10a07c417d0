"""Associative embedding: heatmaps, and tags that group keypoints."""
from typing import List, Tuple

import torch
import torch.nn as nn
from mmengine.runner.amp import autocast
from mmengine.structures import PixelData
from mmpose.models.heads import AssociativeEmbeddingHead
from mmpose.models.utils.tta import aggregate_heatmaps, flip_heatmaps
from mmpose.registry import MODELS
from mmpose.utils.typing import (ConfigType, Features, OptConfigType,
                                 OptSampleList, Predictions)
from torch import Tensor


@MODELS.register_module()
class AEHead(AssociativeEmbeddingHead):
    """MMPose's head in a form that trains, as HigherHRNet's authors train it.

    A 1x1 convolution makes K heatmaps and K tag maps. MMPose's head has no
    loss that runs: it weighs maps by persons. Its test is told by
    ``restore_heatmap_size`` and others; here maps are always resized to the
    input, with and without ``flip_test``. Weights are the parent's.

    Training needs targets by level, of which this head has one:
    ``GenerateTarget(multilevel=True, encoder=[codec])`` with
    :class:`HigherAssociativeEmbedding`, then ``BottomupCrowdMask``.

    Args:
        in_channels (int): Channels C of the last feature map, which is read.
        num_keypoints (int): K.
        keypoint_loss (dict): Of heatmaps.
        tag_loss (dict): Pull and push of the tags, summed over a batch as
            :class:`AssociativeEmbeddingLoss` does; the head takes the mean,
            as published. Its push also counts each person against itself,
            which is a constant.
        decoder (dict, optional): :class:`HigherAssociativeEmbedding` with
            ``heatmap_size`` the same as ``input_size``.
        init_cfg (dict, optional): By default that of ``HeatmapHead``, which
            is HigherHRNet's.

    Raises:
        ValueError: If the decoder's ``heatmap_size`` is not its
            ``input_size``.
    """

    takes_channels_last = True

    def __init__(self,
                 in_channels: int,
                 num_keypoints: int,
                 keypoint_loss: ConfigType = dict(type='KeypointMSELoss'),
                 tag_loss: ConfigType = dict(
                     type='AssociativeEmbeddingLoss', loss_weight=0.001),
                 decoder: OptConfigType = None,
                 init_cfg: OptConfigType = None) -> None:
        super().__init__(
            in_channels,
            num_keypoints,
            deconv_out_channels=None,
            keypoint_loss=keypoint_loss,
            tag_loss=tag_loss,
            decoder=decoder,
            init_cfg=init_cfg)
        if decoder is not None and tuple(self.decoder.heatmap_size) != tuple(
                self.decoder.input_size):
            raise ValueError(
                'model.head.decoder.heatmap_size='
                f'{tuple(self.decoder.heatmap_size)}, but maps are resized to '
                'the input before they are decoded: set it to '
                f'{tuple(self.decoder.input_size)}, the input_size')

    def predict_maps(self,
                     feats: Tuple[Tensor]) -> Tuple[List[Tensor], Tensor]:
        """Run the network.

        Args:
            feats (tuple[Tensor]): Feature maps, the last (B, C, H, W).

        Returns:
            tuple: A list of the heatmaps of each level, coarse first, here
            of one (B, K, H, W), and tags (B, K, H, W). In float32 at least.
        """
        heatmaps, tags = in_float32(self.final_layer, feats[-1]).chunk(2, 1)
        return [heatmaps], tags

    def forward(self, feats: Tuple[Tensor]) -> Tuple[Tensor, Tensor]:
        """Tell where keypoints are and which belong together.

        Args:
            feats (tuple[Tensor]): Feature maps.

        Returns:
            tuple[Tensor]: Heatmaps, averaged over the levels, and tags,
            (B, K, H, W) each, of the size of the finest level.
        """
        heatmaps, tags = self.predict_maps(feats)
        size = heatmaps[-1].shape[:1:-1]
        return (aggregate_heatmaps(heatmaps, size, mode='average'),
                aggregate_heatmaps([tags], size, mode='concat'))

    def loss(self,
             feats: Tuple[Tensor],
             batch_data_samples: OptSampleList,
             train_cfg: ConfigType = {}) -> dict:
        """Hold the network's maps against the targets.

        Args:
            feats (tuple[Tensor]): Feature maps.
            batch_data_samples (list[PoseDataSample]): B, with targets of each
                level.
            train_cfg (dict): Not read.

        Returns:
            dict: ``loss/heatmap``, and of a second level
            ``loss/fine_heatmap``: squared errors where the mask lets them
            count. ``loss/pull`` and ``loss/push`` of the tags. All are means
            over the batch.
        """
        heatmaps, tags = self.predict_maps(feats)
        fields = [sample.gt_fields for sample in batch_data_samples]
        losses = {}
        for level, (name, maps) in enumerate(
                zip(('loss/heatmap', 'loss/fine_heatmap'), heatmaps)):
            losses[name] = self.loss_module.keypoint_loss(
                maps,
                torch.stack([field.heatmaps[level] for field in fields]),
                mask=torch.stack(
                    [field.heatmap_mask[level] for field in fields]))
        pull, push = self.loss_module.tag_loss(tags, [
            sample.gt_instance_labels.keypoint_indices[0]
            for sample in batch_data_samples
        ])
        losses['loss/pull'] = pull / len(batch_data_samples)
        losses['loss/push'] = push / len(batch_data_samples)
        return losses

    def predict(self,
                feats: Features,
                batch_data_samples: OptSampleList,
                test_cfg: ConfigType = {}) -> Predictions:
        """Find the persons of a batch.

        Heatmaps of all views and scales are averaged at the input's size.
        Each view of the first scale gives each keypoint a tag.

        Args:
            feats (Features): Feature maps; with ``flip_test`` a list of the
                images' and their mirror images'; with ``multiscale_test`` a
                list of these, scale 1 first.
            batch_data_samples (list[PoseDataSample]): B, of one shape, with
                ``input_size`` (w, h) and ``flip_indices`` in their meta.
            test_cfg (dict): ``flip_test``, ``multiscale_test`` and
                ``output_heatmaps``.

        Returns:
            list[InstanceData]: For each image ``keypoints`` (N, K, 2) in
            input px, ``keypoint_scores`` (N, K) and ``bbox_scores`` (N, ).
            With ``output_heatmaps`` a pair of these and a list of
            ``PixelData`` with ``heatmaps`` (K, h, w) and ``tags``.
        """
        meta = batch_data_samples[0].metainfo
        scales = feats if test_cfg.get('multiscale_test', False) else [feats]
        heatmaps, tags = [], []
        for views in scales:
            if not test_cfg.get('flip_test', False):
                views = [views]
            for mirrored, view in enumerate(views):
                maps = self.forward(view)
                if mirrored:
                    flips = dict(
                        flip_indices=meta['flip_indices'], shift_heatmap=False)
                    maps = (flip_heatmaps(maps[0], **flips),
                            self._flip_tags(maps[1], **flips))
                heatmaps.append(maps[0])
                tags.append(maps[1])
        size = meta['input_size']
        heatmaps = aggregate_heatmaps(heatmaps, size, mode='average')
        tags = aggregate_heatmaps(tags[:len(views)], size, mode='concat')
        persons = self.decode((heatmaps, tags))
        if not test_cfg.get('output_heatmaps', False):
            return persons
        return persons, [
            PixelData(heatmaps=image_heatmaps, tags=image_tags)
            for image_heatmaps, image_tags in zip(heatmaps, tags)
        ]


def in_float32(layer: nn.Module, features: Tensor) -> Tensor:
    """Apply a layer under autocast too in the precision of its weights:
    neighbouring cells would often be equal in bfloat16, which peaks are not.
    """
    with autocast(device_type=features.device.type, enabled=False):
        return layer(features.to(layer.weight.dtype))
