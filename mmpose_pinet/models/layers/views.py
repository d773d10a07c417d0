"""A batch of images and, in a flip test, their mirror images."""
from typing import Optional, Sequence

import torch
from torch import Tensor

from .feature_columns import FeatureColumns


class Views:
    """Feature maps of a batch as seen plain and mirrored.

    Coordinates never leave the plain image: a point is mirrored when features
    are read there, and what the network says of the mirror image is mirrored
    back. An image of width w maps x to w - 1 - x, so on a grid of W cells
    with stride w / W, cell x meets W - 1/stride - x, which lies between two
    cells. Reading is therefore always bilinear.

    Maps of two views meet on a grid of their own, half a px left of the
    cells, which its mirror image maps onto itself: so that the picture and
    its mirror image have the same peaks, and get the same poses.

    Note:

        - views V: 1, or 2 with the mirrored one; images B, candidates t

    Args:
        features (list[tuple[Tensor]]): Feature maps (B, C_i, H_i, W_i) of
            each of V views, the finest, (H, W), first.
        stride (float): Input px a cell.
        joint_flip (list[int], optional): The keypoint that each of the K
            keypoints becomes in the mirror. Needed for two views.
        part_flip (list[int], optional): Likewise for the S parts.
    """

    def __init__(self,
                 features: Sequence[Sequence[Tensor]],
                 stride: float = 1.,
                 joint_flip: Optional[Sequence[int]] = None,
                 part_flip: Optional[Sequence[int]] = None) -> None:
        self.num_views = len(features)
        self.num_images = len(features[0][0])
        self.levels = [join(level) for level in zip(*features)]
        self.columns = FeatureColumns(self.levels)
        self.size = self.columns.size
        self.stride = stride
        # x of the first column of merged maps, in cells
        self.origin = -0.5 / stride if self.num_views == 2 else 0.
        self.joint_flip = joint_flip
        self.part_flip = part_flip

    def merge_maps(self, maps: Tensor) -> Tensor:
        """Average the point maps of all views.

        Column i of two views stands at x = i + ``origin``, from the left edge
        of the image to its right edge. The outermost columns are out of reach
        of one view each: there the other one speaks alone.

        Args:
            maps (Tensor): (V*B, K+S, H, W), views first.

        Returns:
            Tensor: (B, K+S, H, W), or (B, K+S, H, W+1) of two views.
        """
        if self.num_views == 1:
            return maps
        # rows are shifted against rows: slow where channels come last
        plain, mirrored = maps.contiguous().chunk(2)
        num_keypoints = len(self.joint_flip)
        order = [
            *self.joint_flip, *(num_keypoints + s for s in self.part_flip)
        ]
        mirrored = mirrored[:, order].flip(-1)
        right = plain[..., 1:] + mirrored[..., :-1]
        left = plain[..., :-1] + mirrored[..., 1:]
        between = right.lerp_(left, -self.origin).div_(2)
        return torch.cat([plain[..., :1], between, mirrored[..., -1:]], dim=-1)

    def map_points(self, points: Tensor) -> Tensor:
        """Points (..., 2) on merged maps as points on the image, in cells.

        Those on the outermost columns come to lie on the first cell of the
        view that sees them.
        """
        if self.num_views == 1:
            return points
        x, y = points.unbind(-1)
        x = (x + self.origin).clamp(0, self.size[0] - 1 / self.stride)
        return torch.stack([x, y], dim=-1)

    def plain_maps(self, maps: Tensor) -> Tensor:
        """Merged maps (B, M, H, ...) read at the cells: (B, M, H, W)."""
        if self.num_views == 1:
            return maps
        return torch.lerp(maps[..., :-1], maps[..., 1:], -self.origin)

    def of_parts(self, parts: Tensor) -> Tensor:
        """Part indices (t, ) as each view names them: (V*t, )."""
        if self.num_views == 1:
            return parts
        return torch.cat([parts, parts.new_tensor(self.part_flip)[parts]])

    def read(self, images: Tensor, points: Tensor) -> Tensor:
        """Features of every view at its points.

        Args:
            images (Tensor): (t, ) image indices.
            points (Tensor): (V, t, 2) or (V, t, K, 2) in cells of the plain
                image; joints are read in each view's own order.

        Returns:
            Tensor: (V*t, C), or (K, V*t, C) for poses.
        """
        if self.num_views == 2:
            plain, mirrored = points
            if points.dim() == 4:
                mirrored = mirrored[:, self.joint_flip]
            x, y = mirrored.unbind(-1)
            x = self.size[0] - 1 / self.stride - x
            points = torch.stack([plain, torch.stack([x, y], dim=-1)])
            images = torch.cat([images, images + self.num_images])
        if points.dim() == 3:
            return self.columns.at_points(images, points.flatten(0, 1))
        points = points.flatten(0, 1).transpose(0, 1)  # (K, V*t, 2)
        read = self.columns.at_points(
            images.repeat(len(points)), points.flatten(0, 1))
        return read.unflatten(0, points.shape[:2])

    def vectors_to_plain(self, vectors: Tensor) -> Tensor:
        """Displacements of each view as vectors in the plain image.

        Args:
            vectors (Tensor): (V*t, K, 2) in cells.

        Returns:
            Tensor: (V, t, K, 2) in cells.
        """
        if self.num_views == 1:
            return vectors[None]
        plain, mirrored = vectors.chunk(2)
        mirrored = mirrored[:, self.joint_flip] * vectors.new_tensor([-1, 1])
        return torch.stack([plain, mirrored])

    def merge_poses(self, poses: Tensor, points: Tensor) -> Tensor:
        """Average the views' poses.

        Where a part point lies beyond the outermost cells of one view, the
        other one speaks alone.

        Args:
            poses (Tensor): (V, t, K, 2) in cells of the plain image.
            points (Tensor): (t, 2) the part points, in cells.

        Returns:
            Tensor: (t, K, 2).
        """
        if self.num_views == 1:
            return poses[0]
        last = self.size[0] - 1
        x = points[:, 0]
        seen = torch.stack([x <= last, x >= 1 - 1 / self.stride])
        shares = (seen / seen.sum(0)).to(poses)[..., None, None]
        return (poses * shares).sum(0)


def join(features: Sequence[Tensor]) -> Tensor:
    """Feature maps (B, C, H, W) of several views as one (V*B, C, H, W).

    Nothing is copied if they are what one call of the backbone returned, cut
    into views, as :class:`BatchedBottomupPoseEstimator` delivers them.
    """
    first = features[0]
    if len(features) == 1:
        return first
    images, size = len(first), first[0].numel()
    if all(f.shape == first.shape and f.stride()[1:] == first.stride()[1:] and
           (images == 1 or f.stride(0) == size) and f.untyped_storage(
           ).data_ptr() == first.untyped_storage().data_ptr() and
           f.storage_offset() == first.storage_offset() + view * images * size
           for view, f in enumerate(features)):
        return first.as_strided((len(features) * images, *first.shape[1:]),
                                (size, *first.stride()[1:]))
    return torch.cat(list(features))
