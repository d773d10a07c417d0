"""Feature maps of several sizes, used as one."""
from typing import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from mmpose_pinet.codecs.bilinear import Corners, cross, linear_corners


class FeaturePyramid:
    """Levels that count as one feature map of the finest level's size.

    It is as if all levels were resized bilinearly to the finest and
    concatenated, which is never done: a 1x1 convolution and resizing may
    change places, and single columns are read from each level.

    Args:
        levels (list[Tensor]): (B, C_i, H_i, W_i), the finest, (H, W), first.
            Reading copies a level once unless its memory format is
            channels-last.

    Raises:
        ValueError: If the first level is not the finest.
    """

    def __init__(self, levels: Sequence[Tensor]) -> None:
        sizes = [(x.shape[3], x.shape[2]) for x in levels]
        if any(w > sizes[0][0] or h > sizes[0][1] for w, h in sizes):
            order = sorted(
                range(len(sizes)), key=sizes.__getitem__, reverse=True)
            raise ValueError(
                'PINetHead reads several feature maps as if resized to the '
                f'first, which must be the finest, but they have {sizes} '
                'cells (W, H): put the finest first by '
                "model.neck=dict(type='FeatureMapProcessor', "
                f'select_index={tuple(order)})')
        self.levels = levels
        self.size = sizes[0]
        self.channels = [x.shape[1] for x in levels]
        self._columns = [
            x.permute(0, 2, 3, 1).reshape(-1, x.shape[1]) for x in levels
        ]

    def convolve(self, layer: nn.Linear) -> Tensor:
        """Apply a linear layer to every cell: a 1x1 convolution.

        The few outputs are resized, not the many features. Levels are added
        up in float32 at least, under autocast too.

        Args:
            layer (nn.Linear): From the channels of all levels to M.

        Returns:
            Tensor: (B, M, H, W).

        Raises:
            ValueError: If the levels have more channels or fewer.
        """
        if sum(self.channels) != layer.in_features:
            raise ValueError(
                f'model.head.in_channels={layer.in_features}, but the feature '
                f'maps have {self.channels} channels: set in_channels='
                f'{sum(self.channels)} to read them all, or choose one by '
                "model.neck=dict(type='FeatureMapProcessor', select_index=0)")
        weights = layer.weight[..., None, None].split(self.channels, dim=1)
        total = F.conv2d(self.levels[0], weights[0], layer.bias)
        total = total.to(torch.promote_types(total.dtype, torch.float32))
        for level, weight in zip(self.levels[1:], weights[1:]):
            total += F.interpolate(
                F.conv2d(level, weight).to(total),
                size=total.shape[-2:],
                mode='bilinear',
                align_corners=False)
        return total

    def read(self, images: Tensor, points: Tensor) -> Tensor:
        """Read the feature columns at points, zero outside the map.

        Args:
            images (Tensor): (t, ) the image of each point.
            points (Tensor): (..., t, 2) in cells of the finest level; no
                gradient flows into them.

        Returns:
            Tensor: (..., t, C), C the channels of all levels.
        """
        shape = points.shape[:-1]
        images = images.expand(shape).reshape(-1, 1)
        axes = [
            linear_corners(positions, size) for positions, size in zip(
                points.detach().flatten(0, -2).T, self.size)
        ]
        read = []
        for level, columns in zip(self.levels, self._columns):
            height, width = level.shape[2:]
            x, y = axes
            if (width, height) != self.size:
                x, y = map(_on_level, axes, self.size, (width, height))
            cells, weights = cross(x, y, width)
            read.append(
                self._weighted_sum(columns,
                                   images * (height * width) + cells,
                                   weights.to(columns)))
        features = torch.cat(read, dim=1)
        return features.view(*shape, features.shape[1])

    def _weighted_sum(self, columns: Tensor, rows: Tensor,
                      weights: Tensor) -> Tensor:
        """Sum n rows of columns (M, C), with weights (t, n) each: (t, C)."""
        # one fused gather and sum over all corners
        return F.embedding_bag(
            rows, columns, per_sample_weights=weights, mode='sum')


def _on_level(corners: Corners, size: int, level_size: int) -> Corners:
    """Carry the corners of one axis on to a level resized to the finest.

    A cell of the resized level is itself interpolated, between two cells of
    the level; beyond the outermost centres the border goes on.

    Args:
        corners (tuple[Tensor]): Cells of the finest level and weights, (n, 2)
            each.
        size (int): The finest level's cells on this axis.
        level_size (int): The level's.

    Returns:
        tuple[Tensor]: Cells of the level and weights, (n, 4) each.
    """
    cells, weights = corners
    places = (cells.to(weights) + 0.5) * (level_size / size) - 0.5
    level_cells, shares = linear_corners(
        places.clamp(0, level_size - 1), level_size)
    return level_cells.flatten(1), (shares * weights.unsqueeze(-1)).flatten(1)
