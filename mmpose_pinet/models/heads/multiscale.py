"""Candidates of several test scales on one grid."""
from dataclasses import dataclass
from typing import Iterator, Sequence, Tuple

import torch
from mmpose.utils.typing import ConfigType, Features, SampleList
from torch import Tensor

from mmpose_pinet.codecs import PartSPR

from .flip_test import PlainTest


def iterate_scales(
        feats: Features, batch_data_samples: SampleList,
        test_cfg: ConfigType) -> Iterator[Tuple[float, Sequence[Tensor]]]:
    """Go through the scales of a test.

    Args:
        feats (Features): As of :meth:`PINetHead.predict`.
        batch_data_samples (list[PoseDataSample]): B, with ``aug_scales`` in
            their meta for ``multiscale_test``.
        test_cfg (dict): ``flip_test`` and ``multiscale_test``.

    Yields:
        tuple: The scale and its levels (B, C_i, H_i, W_i), or with
        ``flip_test`` (2B, C_i, H_i, W_i): the images, then their mirror
        images.

    Raises:
        ValueError: If some images were padded to the shape of others.
    """
    shapes = {
        tuple(d.metainfo['pad_shape'])
        for d in batch_data_samples if 'pad_shape' in d.metainfo
    }
    if len(shapes) > 1:
        raise ValueError(
            f'images of {sorted(shapes)} px are padded to one shape, and '
            'poses would be found in the padding: set model.type='
            "'BatchedBottomupPoseEstimator', or test_dataloader.batch_size=1")
    scales = [1.]
    if test_cfg.get('multiscale_test', False):
        scales += batch_data_samples[0].metainfo['aug_scales']
    else:
        feats = [feats]
    for scale, levels in zip(scales, feats):
        if test_cfg.get('flip_test', False):
            levels = [torch.cat(views) for views in zip(*levels)]
        yield scale, levels


@dataclass
class Candidates:
    """What is found at one test scale: a pose for each part point.

    Attributes:
        scale (float): Of the image.
        size (tuple[int, int]): (W, H) of the image at this scale, in cells.
        images (Tensor): (t, ) the image of each pose.
        poses (Tensor): (t, K, 2) in cells of this scale.
        part_scores (Tensor): (t, ) scores r_p of the part points.
        maps (Tensor): (B, K+S, H, W') point maps, as the mirror merged them.
        mirror (PlainTest): How this scale was tested.
    """
    scale: float
    size: Tuple[int, int]
    images: Tensor
    poses: Tensor
    part_scores: Tensor
    maps: Tensor
    mirror: PlainTest

    def on_scale(self, poses: Tensor, other: 'Candidates') -> Tensor:
        """Move poses (t, K, 2) of this scale to the cells of another one.

        The images of a pyramid are resized about their centres.
        """
        if other is self:  # to the last bit
            return poses
        centre, other_centre = (
            poses.new_tensor(c.size) / 2 for c in (self, other))
        return (poses - centre) * (other.scale / self.scale) + other_centre

    def highest(self) -> Tensor:
        """Return the highest part score of each image, (B, ), 0 if none."""
        highest = self.part_scores.new_zeros(len(self.maps))
        return highest.scatter_reduce(0, self.images, self.part_scores, 'amax')


def merge_scales(found: Sequence[Candidates],
                 codec: PartSPR) -> Tuple[Tensor, Tensor, Tensor]:
    """Bring the candidates of all scales together and score their keypoints.

    Part scores of the other scales are rescaled, image by image, to the
    highest of the first. A keypoint's score r_k is the mean of what each
    scale's own map says at the keypoint, so that no map is resized.

    Args:
        found (list[Candidates]): One entry a scale, scale 1 first.
        codec (PartSPR): Reads the maps.

    Returns:
        tuple[Tensor]: Images (t, ), poses (t, K, 2) in cells of scale 1, and
        scores r = r_p * r_k (t, K) of Sec. 3.4, of all scales.
    """
    first = found[0]
    poses, part_scores = [first.poses], [first.part_scores]
    for other in found[1:]:
        poses.append(other.on_scale(other.poses, first))
        reference = first.highest()
        ratio = torch.where(reference > 0, reference / other.highest(), 1.)
        part_scores.append(other.part_scores * ratio[other.images])
    images = torch.cat([candidates.images for candidates in found])
    poses = torch.cat(poses)

    num_keypoints = poses.shape[1]
    keypoint_scores = sum(
        codec.score_keypoints(scale.maps[:, :num_keypoints], images,
                              first.on_scale(poses, scale), scale.size,
                              scale.mirror.origin)
        for scale in found) / len(found)
    return images, poses, torch.cat(part_scores)[:, None] * keypoint_scores
