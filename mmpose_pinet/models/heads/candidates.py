"""Candidate poses, and how they become the persons of each image."""
from dataclasses import dataclass
from typing import Callable, Optional, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData
from mmpose.utils.typing import InstanceList
from torch import Tensor


@dataclass
class Candidates:
    """One pose for each part point found.

    Attributes:
        images (Tensor): (t, ) the image of each pose.
        poses (Tensor): (t, K, 2) in cells.
        part_scores (Tensor): (t, ) scores r_p of the part points.
    """
    images: Tensor
    poses: Tensor
    part_scores: Tensor


def merge_candidates(candidates: Sequence[Candidates],
                     sizes: Sequence[Tuple[int, int]], scales: Sequence[float],
                     num_images: int) -> Candidates:
    """Candidates of all test scales in the cells of the first.

    An image is resized about its centre. Part scores of the other scales are
    rescaled, image by image, to the highest of the first.

    Args:
        candidates (list[Candidates]): One entry a scale.
        sizes (list[tuple[int, int]]): (W, H) of each scale's maps.
        scales (list[float]): The first is 1.
        num_images (int): B.

    Returns:
        Candidates: Of all scales, in the first one's cells.
    """

    def highest(found: Candidates) -> Tensor:
        return found.part_scores.new_zeros(num_images).scatter_reduce(
            0, found.images, found.part_scores, 'amax')

    first = candidates[0]
    poses, part_scores = [first.poses], [first.part_scores]
    for found, size, scale in list(zip(candidates, sizes, scales))[1:]:
        centre, first_centre = (
            found.poses.new_tensor(s) / 2 for s in (size, sizes[0]))
        poses.append((found.poses - centre) / scale + first_centre)
        reference = highest(first)
        ratio = torch.where(reference > 0, reference / highest(found), 1.)
        part_scores.append(found.part_scores * ratio[found.images])
    return Candidates(
        torch.cat([found.images for found in candidates]), torch.cat(poses),
        torch.cat(part_scores))


def merge_maps(maps: Sequence[Tensor], sizes: Sequence[Tuple[int, int]],
               scales: Sequence[float], origin: Tensor) -> Tensor:
    """Average the point maps of all test scales on the first one's grid.

    Args:
        maps (list[Tensor]): (B, M, h_i, w_i) each.
        sizes (list[tuple[int, int]]): (W, H) of each scale's image in cells.
        scales (list[float]): The first is 1.
        origin (Tensor): (2, ) where the maps' first cell stands, in cells.

    Returns:
        Tensor: (B, M, h_0, w_0).
    """
    if len(maps) == 1:
        return maps[0]
    total = maps[0]
    for other, size, scale in list(zip(maps, sizes, scales))[1:]:
        axes = []
        for axis, start in enumerate(origin):
            points = torch.arange(
                total.shape[-1 - axis], device=total.device) + start
            points = (points - sizes[0][axis] / 2) * scale + size[axis] / 2
            axes.append((points - start) / (other.shape[-1 - axis] - 1) * 2 -
                        1)
        y, x = torch.meshgrid(axes[1], axes[0], indexing='ij')
        grid = torch.stack([x, y], dim=-1).to(other)
        total = total + F.grid_sample(
            other,
            grid.expand(len(other), -1, -1, -1),
            padding_mode='border',
            align_corners=True)
    return total / len(maps)


def pack_persons(images: Tensor, keypoints: Tensor, keypoint_scores: Tensor,
                 num_images: int,
                 post_processor: Optional[Callable]) -> InstanceList:
    """Persons of each image.

    Args:
        images (Tensor): (t, ) image indices.
        keypoints (Tensor): (t, K, 2) in input px.
        keypoint_scores (Tensor): (t, K).
        num_images (int): B.
        post_processor (callable, optional): From the candidates of an image
            to its persons, such as :class:`PoseFusion`.

    Returns:
        list[InstanceData]: Of numpy arrays, best person first.
    """
    images, keypoints, keypoint_scores = (
        x.detach().cpu().numpy() for x in (images, keypoints, keypoint_scores))
    persons = []
    for image in range(num_images):
        mine = images == image
        poses, scores = keypoints[mine], keypoint_scores[mine]
        if post_processor is not None:
            poses, scores = post_processor(poses, scores)
        person_scores = scores.mean(axis=1)
        order = np.argsort(-person_scores, kind='stable')
        poses = poses[order]
        boxes = np.concatenate([poses.min(axis=1), poses.max(axis=1)], axis=1)
        persons.append(
            InstanceData(
                keypoints=poses,
                keypoint_scores=scores[order],
                bboxes=boxes,
                bbox_scores=person_scores[order]))
    return persons
