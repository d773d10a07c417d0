"""The mirror: mirrored images are more images of the batch."""
from dataclasses import dataclass
from functools import lru_cache
from typing import Sequence, Tuple

import torch
from mmpose.utils.typing import SampleList
from torch import Tensor

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.codecs.partitions import mirror_parts

Queries = Tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class PlainTest:
    """A test without mirror images: everything stays as it is."""

    origin = 0.

    def merge_maps(self, maps: Tensor) -> Tensor:
        """Return the maps (B, K+S, H, W)."""
        return maps

    def cell_maps(self, maps: Tensor) -> Tensor:
        """Return the maps (B, M, H, W)."""
        return maps

    def queries(self, images: Tensor, parts: Tensor,
                points: Tensor) -> Queries:
        """Return images (t, ), parts (t, ) and points (t, 2)."""
        return images, parts, points

    def merge_poses(self, poses: Tensor, points: Tensor) -> Tensor:
        """Return the poses (t, K, 2)."""
        return poses

    def merge_scores(self, scores: Tensor, points: Tensor) -> Tensor:
        """Return the scores (t, K)."""
        return scores


@dataclass(frozen=True)
class FlipTest(PlainTest):
    """The way into the mirror, and back.

    Images b and B + b of a pyramid of 2B images are an image and its mirror
    image. Every query (image, part, point) lives in the frame of its own
    image: it goes in twice, and poses and maps come out plain.

    An image of width w maps px x to w - 1 - x, so on a grid of W cells with
    stride w / W cell x meets W - 1/stride - x, between two cells. Maps of
    both meet on a grid of their own, half a px left of the cells, which its
    mirror image maps onto itself: so that a picture and its mirror image have
    the same peaks, and get the same poses.

    Attributes:
        width (int): W of the feature map.
        num_images (int): B.
        stride (float): Input px a cell.
        joint_flip (tuple[int]): The keypoint that each of the K keypoints
            becomes in the mirror.
        part_flip (tuple[int]): Likewise for the S parts.
    """
    width: int
    num_images: int
    stride: float
    joint_flip: Tuple[int, ...]
    part_flip: Tuple[int, ...]

    @property
    def origin(self) -> float:
        """X of the first column of merged maps, in cells."""
        return -0.5 / self.stride

    @property
    def edge(self) -> float:
        """X and mirrored x of a point add up to it, in cells."""
        return self.width - 1 / self.stride

    def merge_maps(self, maps: Tensor) -> Tensor:
        """Average the point maps of both images.

        Column i stands at x = i + ``origin``, from the left edge of the image
        to its right edge. The outermost columns are out of reach of one of
        the two each: there the other one speaks alone.

        Args:
            maps (Tensor): (2B, K+S, H, W).

        Returns:
            Tensor: (B, K+S, H, W+1).
        """
        # rows are shifted against rows: slow where channels come last
        plain, mirrored = maps.contiguous().chunk(2)
        num_keypoints = len(self.joint_flip)
        order = *self.joint_flip, *(num_keypoints + s for s in self.part_flip)
        mirrored = mirrored[:, _indices(order, maps.device)].flip(-1)
        right = plain[..., 1:] + mirrored[..., :-1]
        left = plain[..., :-1] + mirrored[..., 1:]
        between = torch.lerp(right, left, -self.origin) / 2
        return torch.cat([plain[..., :1], between, mirrored[..., -1:]], dim=-1)

    def cell_maps(self, maps: Tensor) -> Tensor:
        """Read merged maps (B, M, H, W+1) at the cells: (B, M, H, W)."""
        return torch.lerp(maps[..., :-1], maps[..., 1:], -self.origin)

    def queries(self, images: Tensor, parts: Tensor,
                points: Tensor) -> Queries:
        """Ask both images.

        Args:
            images (Tensor): (t, ) image indices b.
            parts (Tensor): (t, ) part indices.
            points (Tensor): (t, 2) in cells of the merged maps.

        Returns:
            tuple[Tensor]: Images (2t, ), parts (2t, ) and points (2t, 2) in
            cells, each in the frame of its own image, the plain ones first.
            Points on the outermost columns lie on the first cell of the
            image that sees them.
        """
        x, y = points.unbind(-1)
        x = (x + self.origin).clamp(0, self.edge)
        points = torch.stack([x, y], dim=-1)
        mirrored_parts = _indices(self.part_flip, parts.device)[parts]
        return (torch.cat([images, images + self.num_images]),
                torch.cat([parts, mirrored_parts]),
                torch.cat([points, self._mirror(points)]))

    def merge_poses(self, poses: Tensor, points: Tensor) -> Tensor:
        """Average the poses of both images.

        Where a part point lies beyond the outermost cells of one image, the
        other one speaks alone.

        Args:
            poses (Tensor): (2t, K, 2) in cells, as :meth:`queries` orders
                them, each in the frame of its own image.
            points (Tensor): (2t, 2) the part points of :meth:`queries`.

        Returns:
            Tensor: (t, K, 2) in cells of the plain image.
        """
        plain, mirrored = self._twins(poses)
        share, mirrored_share = self._shares(points)[..., None, None]
        return plain * share + self._mirror(mirrored) * mirrored_share

    def merge_scores(self, scores: Tensor, points: Tensor) -> Tensor:
        """Average the scores of both images, as :meth:`merge_poses` does.

        Args:
            scores (Tensor): (2t, K).
            points (Tensor): (2t, 2) the part points of :meth:`queries`.

        Returns:
            Tensor: (t, K).
        """
        plain, mirrored = self._twins(scores)
        share, mirrored_share = self._shares(points)[..., None]
        return plain * share + mirrored * mirrored_share

    def _twins(self, values: Tensor) -> Tuple[Tensor, Tensor]:
        """Split values (2t, K, ...) of keypoints into those of the plain
        images and those of the mirrored ones, each of the plain keypoints."""
        count = values.shape[0] // 2
        joint_flip = _indices(self.joint_flip, values.device)
        return values[:count], values[count:, joint_flip]

    def _shares(self, points: Tensor) -> Tensor:
        """How much either image counts for each part point, (2, t)."""
        seen = (points[:, 0] <= self.width - 1).to(points).view(2, -1)
        return seen / seen.sum(0)

    def _mirror(self, points: Tensor) -> Tensor:
        """Map points (..., 2) in cells to where the mirror shows them."""
        x, y = points.unbind(-1)
        return torch.stack([self.edge - x, y], dim=-1)


def mirror_of(levels: Sequence[Tensor], batch_data_samples: SampleList,
              codec: PartSPR) -> PlainTest:
    """Tell how a batch is tested by the number of images in its pyramid.

    Args:
        levels (list[Tensor]): Feature maps of B images, or of 2B for a flip
            test, the finest, (H, W), first.
        batch_data_samples (list[PoseDataSample]): B, with ``flip_indices`` in
            their meta for a flip test.
        codec (PartSPR): Knows the stride and the parts.

    Raises:
        ValueError: If a part's mirror image is no part.
    """
    num_images = len(batch_data_samples)
    if len(levels[0]) == num_images:
        return PlainTest()
    joint_flip = batch_data_samples[0].metainfo['flip_indices']
    return FlipTest(levels[0].shape[3], num_images,
                    float(codec.scale_factor[0]), tuple(joint_flip),
                    tuple(mirror_parts(codec.parts, joint_flip)))


@lru_cache(maxsize=64)
def _indices(order: Tuple[int, ...], device: torch.device) -> Tensor:
    """Put indices on a device, once: a GPU is waited for each time."""
    with torch.inference_mode(False):
        return torch.tensor(order, device=device)
