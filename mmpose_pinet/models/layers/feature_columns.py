"""Feature maps as columns that are read where people are."""
from typing import Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor


class FeatureColumns:
    """The feature columns of a batch, read sparsely.

    A 1x1 convolution needs one column of the feature map wherever its output
    is wanted. This reads the columns of all those points in one call a level.
    Columns are those of all levels resized to the first and concatenated,
    which is never done.

    Args:
        levels (list[Tensor]): (B, C_i, H_i, W_i), the finest first. A level
            is not copied if its memory format is channels-last.
    """

    def __init__(self, levels: Sequence[Tensor]) -> None:
        sizes = [(x.shape[3], x.shape[2]) for x in levels]
        self.size = sizes[0]  # (W, H), the unit of points
        self.sizes = torch.tensor(sizes, device=levels[0].device)
        self.columns = [
            x.permute(0, 2, 3, 1).reshape(-1, x.shape[1]) for x in levels
        ]

    def at_points(self, images: Tensor, points: Tensor) -> Tensor:
        """Bilinear columns at points, zero outside the map.

        Args:
            images (Tensor): (t, ) image indices.
            points (Tensor): (t, 2) in cells; no gradient flows into them.

        Returns:
            Tensor: (t, C), C the channels of all levels.
        """
        cells, weights = level_corners(images, points.detach(), self.sizes)
        # one fused gather and weighted sum over the corners of each level
        read = [
            F.embedding_bag(
                level_cells.T,
                columns,
                per_sample_weights=level_weights.T.to(columns.dtype),
                mode='sum') for columns, level_cells, level_weights in zip(
                    self.columns, cells, weights)
        ]
        return torch.cat(read, dim=1)


def level_corners(images: Tensor, points: Tensor,
                  sizes: Tensor) -> Tuple[Tensor, Tensor]:
    """Bilinear interpolation on levels that are resized to the first.

    It lies between cells that are interpolated themselves (as
    ``F.interpolate`` does without ``align_corners``): on each axis, two
    neighbours of the first level reach at most three cells of another one.

    Args:
        images (Tensor): (t, ) image indices b.
        points (Tensor): (t, 2) in cells of the first level.
        sizes (Tensor): (L, 2) the (w, h) of each level, none larger than the
            first.

    Returns:
        tuple[Tensor]: Flat cell indices (b * h + y) * w + x of each level,
        int64, and weights, both (L, 9, t). Weights are 0 where a cell of the
        first level would lie outside it; indices may be read safely.
    """
    limit = sizes[0].to(points) - 1
    level_limit = sizes[:, None].to(points) - 1  # (L, 1, 2)
    ratio = (level_limit + 1) / (limit + 1)

    def on_levels(cells: Tensor) -> Tensor:
        """Where cells are on each level, whose border goes on outside."""
        cells = torch.min(cells.clamp(min=0), limit)
        return torch.min(((cells + 0.5) * ratio - 0.5).clamp(min=0),
                         level_limit)

    left = points.floor()
    right = left + 1
    share = points - left
    left_share = (1 - share) * ((left >= 0) & (left <= limit))
    right_share = share * ((right >= 0) & (right <= limit))

    # on each axis, three cells from the first one that is reached
    place = on_levels(left)
    first = place.floor()  # (L, t, 2)
    left_at = place - first  # 0 to 1
    right_at = on_levels(right) - first  # 0 to 2
    weights = torch.stack([
        left_share * (1 - left_at) + right_share * (1 - right_at).clamp(min=0),
        left_share * left_at + right_share * (1 - (right_at - 1).abs()),
        right_share * (right_at - 1).clamp(min=0)
    ])  # (3, L, t, 2)
    cells = torch.stack([first, first + 1, first + 2])
    x, y = torch.min(cells, level_limit).long().unbind(-1)
    rows = (images * sizes[:, 1:] + y) * sizes[:, :1]
    index = rows[:, None] + x  # (3, 3, L, t)
    x_weights, y_weights = weights.unbind(-1)
    weights = y_weights[:, None] * x_weights
    return (index.flatten(0,
                          1).transpose(0,
                                       1), weights.flatten(0,
                                                           1).transpose(0, 1))
