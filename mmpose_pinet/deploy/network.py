"""A trained PINet as one function of images, with nothing that grows."""
from typing import Sequence, Tuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmpose.models.pose_estimators import BottomupPoseEstimator
from torch import Tensor

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.codecs.bilinear import cell_to_point
from mmpose_pinet.codecs.partitions import mirror_parts
from mmpose_pinet.models.heads.flip_test import FlipTest, PlainTest
from mmpose_pinet.models.layers import FeaturePyramid


class GatheredPyramid(FeaturePyramid):
    """A feature pyramid that is read by operations that ONNX has."""

    def _weighted_sum(self, columns: Tensor, rows: Tensor,
                      weights: Tensor) -> Tensor:
        # few operations: an export takes the square of their number
        return (weights.unsqueeze(1) @ F.embedding(rows, columns)).squeeze(1)


class Network(nn.Module):
    """From the pixels of B images to T candidate poses in each.

    It is what the estimator and :meth:`PINetHead.predict` do before pose
    fusion, by the head's own layers and ``find_poses``. Where they find t
    candidates there are always the T best peaks here, and a mask tells which
    count: shapes depend on the images' shape alone.

    Args:
        model (BottomupPoseEstimator): With a :class:`PINetHead`, in
            evaluation mode.
        flip_test (bool): Mirrored images pass the network as well.

    Raises:
        ValueError: If a part's mirror image is no part.
    """

    def __init__(self, model: BottomupPoseEstimator, flip_test: bool) -> None:
        super().__init__()
        preprocessor = model.data_preprocessor
        self.register_buffer('mean', preprocessor.mean)
        self.register_buffer('std', preprocessor.std)
        self.swaps_channels = preprocessor._channel_conversion
        self.backbone = model.backbone
        self.neck = model.neck if model.with_neck else nn.Identity()
        self.head = model.head
        self.flip_test = flip_test
        codec = model.head.decoder
        self.max_candidates = codec.num_parts * codec.decode_max_instances
        self.joint_flip = tuple(model.dataset_meta['flip_indices'])
        self.part_flip = flip_test and tuple(
            mirror_parts(codec.parts, self.joint_flip))

    def forward(self, images: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        """Find the candidates of images.

        Args:
            images (Tensor): uint8 (B, h, w, 3) BGR, h and w multiples of the
                backbone's coarsest stride.

        Returns:
            tuple[Tensor]: Keypoints (B, T, K, 2) in input px, their scores
            (B, T, K), and (B, T) bool, which candidates count; in
            the order of parts and falling scores r_p.
        """
        num_images = images.shape[0]
        codec, num_keypoints = self.head.decoder, self.head.num_keypoints
        inputs = self._normalise(images)
        if self.flip_test:
            inputs = torch.cat([inputs, inputs.flip(-1)])
        pyramid = GatheredPyramid(self.neck(self.backbone(inputs)))
        mirror = self._mirror(pyramid.size[0], num_images)
        maps = mirror.merge_maps(pyramid.convolve(self.head.point_layer))
        part_scores, points = highest_peaks(maps[:, num_keypoints:],
                                            pyramid.size, codec)

        shape = num_images, self.max_candidates
        owners = torch.arange(num_images, device=images.device)
        owners = owners[:, None].expand(shape).reshape(-1)
        parts = torch.arange(codec.num_parts, device=images.device)
        parts = parts.repeat_interleave(codec.decode_max_instances)
        parts = parts.expand(shape).reshape(-1)
        poses, scores = self.head.find_poses(pyramid, mirror,
                                             (owners, parts, points))
        if scores is None:
            scores = part_scores[:, None] * codec.score_keypoints(
                maps[:, :num_keypoints], owners, poses, pyramid.size,
                mirror.origin)
        keypoints = poses * poses.new_tensor(codec.scale_factor)
        return (keypoints.reshape(*shape, num_keypoints,
                                  2), scores.reshape(*shape, num_keypoints),
                (part_scores > codec.decode_thr).reshape(shape))

    def _normalise(self, images: Tensor) -> Tensor:
        """Do what the data preprocessor does with a batch."""
        if self.swaps_channels:
            images = images.flip(-1)
        return (images.permute(0, 3, 1, 2).float() - self.mean) / self.std

    def _mirror(self, width: int, num_images: int) -> PlainTest:
        if not self.flip_test:
            return PlainTest()
        stride = float(self.head.decoder.scale_factor[0])
        return FlipTest(width, num_images, stride, self.joint_flip,
                        self.part_flip)


def highest_peaks(part_maps: Tensor, size: Sequence[int],
                  codec: PartSPR) -> Tuple[Tensor, Tensor]:
    """Find the highest peaks of part maps, always as many.

    They are those of :meth:`PartSPR.find_peaks`. How far apart peaks are
    follows from the maps' size, which one exported file learns with each
    image: so maxima of 3, 5 and 7 cells are there, and one is chosen.

    Args:
        part_maps (Tensor): (B, S, H, W').
        size (tuple[int, int]): (W, H) that decides how far apart peaks are.
        codec (PartSPR): Knows n, the most peaks of a part.

    Returns:
        tuple[Tensor]: Scores r_p (B * S * n, ), 0 where there are not so many
        peaks, and points (B * S * n, 2) in cells of the maps.
    """
    of_3 = F.max_pool2d(part_maps, 3, 1, 1)
    of_5 = F.max_pool2d(of_3, 3, 1, 1)
    of_7 = F.max_pool2d(of_5, 3, 1, 1)
    side = part_maps.new_zeros(()) + (size[0] + size[1]) / 2
    highest = torch.where(side <= 200, of_3,
                          torch.where(side <= 300, of_5, of_7))
    peaks = part_maps.masked_fill(part_maps != highest, 0)
    scores, cells = peaks.flatten(2).topk(codec.decode_max_instances)
    points = cell_to_point(cells.flatten(), part_maps.shape[3])
    return scores.flatten(), points
