"""Candidates of several test scales on one grid."""
from dataclasses import dataclass
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import torch
from mmpose.utils.typing import ConfigType, Features, SampleList
from torch import Tensor

from mmpose_pinet.codecs import PartSPR

from .flip_test import PlainTest, mirror_of


class ScaleTest(NamedTuple):
    """Hold what is looked at in the test of one scale."""

    scale: float  # of the image
    levels: Sequence[Tensor]  # (B, C_i, H_i, W_i), with a flip test 2B
    mirror: PlainTest


def iterate_scales(feats: Features, batch_data_samples: SampleList,
                   test_cfg: ConfigType,
                   codec: PartSPR) -> Iterator[ScaleTest]:
    """Go through the scales of a test.

    Args:
        feats (Features): As of :meth:`PINetHead.predict`.
        batch_data_samples (list[PoseDataSample]): B, with ``aug_scales`` in
            their meta for ``multiscale_test``, and ``flip_indices`` for
            ``flip_test``.
        test_cfg (dict): ``flip_test`` and ``multiscale_test``.
        codec (PartSPR): Knows the stride and the parts.

    Yields:
        ScaleTest: With ``flip_test``, its levels are those of the images,
        then those of their mirror images.

    Raises:
        ValueError: If some images were padded to the shape of others, or a
            part's mirror image is no part.
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
        yield ScaleTest(scale, levels,
                        mirror_of(levels, batch_data_samples, codec))


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
        scores (Tensor, optional): (t, K) of the keypoints, where the head
            tells them itself.
    """
    scale: float
    size: Tuple[int, int]
    images: Tensor
    poses: Tensor
    part_scores: Tensor
    maps: Tensor
    mirror: PlainTest
    scores: Optional[Tensor] = None

    def on_scale(self, poses: Tensor, other: 'Candidates') -> Tensor:
        """Move poses (t, K, 2) of this scale to the cells of another one.

        The images of a pyramid are resized about their centres.
        """
        if other is self:  # to the last bit
            return poses
        ratio = other.scale / self.scale
        moved = [(places - cells / 2) * ratio + other_cells / 2
                 for places, cells, other_cells in zip(
                     poses.unbind(-1), self.size, other.size)]
        return torch.stack(moved, dim=-1)

    def highest(self) -> Tensor:
        """Return the highest part score of each image, (B, ), 0 if none."""
        highest = self.part_scores.new_zeros(len(self.maps))
        return highest.scatter_reduce(0, self.images, self.part_scores, 'amax')


def merge_scales(found: Sequence[Candidates],
                 codec: PartSPR) -> Tuple[Tensor, Tensor, Tensor]:
    """Bring the candidates of all scales together and score their keypoints.

    Args:
        found (list[Candidates]): One entry a scale, scale 1 first.
        codec (PartSPR): Reads the maps.

    Returns:
        tuple[Tensor]: Images (t, ), -1 where a part score does not count,
        poses (t, K, 2) in cells of scale 1, and the scores of their keypoints
        (t, K), of all scales.
    """
    first = found[0]
    poses = torch.cat([x.on_scale(x.poses, first) for x in found])
    images = torch.cat([x.images for x in found])
    if first.scores is None:
        scores = map_scores(found, images, poses, codec)
    else:
        scores = torch.cat([x.scores for x in found])
    counted = torch.cat([x.part_scores for x in found])
    return images.masked_fill(counted <= codec.decode_thr, -1), poses, scores


def map_scores(found: Sequence[Candidates], images: Tensor, poses: Tensor,
               codec: PartSPR) -> Tensor:
    """Score keypoints by what the point maps say, r = r_p * r_k of Sec. 3.4.

    Part scores of the other scales are rescaled, image by image, to the
    highest of the first. A keypoint's score r_k is the mean of what each
    scale's own map says at the keypoint, so that no map is resized.

    Args:
        found (list[Candidates]): One entry a scale, scale 1 first.
        images (Tensor): (t, ) the image of each pose of all scales.
        poses (Tensor): (t, K, 2) in cells of scale 1.
        codec (PartSPR): Reads the maps.

    Returns:
        Tensor: (t, K).
    """
    first = found[0]
    part_scores = [first.part_scores]
    for other in found[1:]:
        reference = first.highest()
        ratio = torch.where(reference > 0, reference / other.highest(), 1.)
        part_scores.append(other.part_scores * ratio[other.images])
    num_keypoints = poses.shape[1]
    keypoint_scores = sum(
        codec.score_keypoints(scale.maps[:, :num_keypoints], images,
                              first.on_scale(poses, scale), scale.size,
                              scale.mirror.origin)
        for scale in found) / len(found)
    return torch.cat(part_scores)[:, None] * keypoint_scores


def to_arrays(images: Tensor, poses: Tensor, scores: Tensor,
              num_images: int) -> List[Tuple[np.ndarray, np.ndarray]]:
    """Bring the candidates of each image to the CPU, waiting for a GPU once.

    Args:
        images (Tensor): (t, ) image indices; -1 is no image.
        poses (Tensor): (t, K, 2).
        scores (Tensor): (t, K).
        num_images (int): B.

    Returns:
        list[tuple[np.ndarray]]: B poses (t', K, 2) and scores (t', K).
    """
    rows = torch.cat([images[:, None], poses.flatten(1), scores], 1)
    rows = rows.detach().cpu().numpy()
    images, places, scores = np.split(rows, [1, -scores.shape[1]], axis=1)
    poses = places.reshape(poses.shape)
    chosen = [images[:, 0] == image for image in range(num_images)]
    return [(poses[rows], scores[rows]) for rows in chosen]
