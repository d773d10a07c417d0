"""Graph convolution over the keypoints of a pose."""
from typing import Sequence, Tuple

import torch
import torch.distributed as dist
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


def normalized_adjacency(links: Sequence[Tuple[int, int]],
                         num_keypoints: int) -> Tensor:
    """Compute D^-1/2 (A + I) D^-1/2 of a skeleton, the start of G in Eq. 9.

    Args:
        links (list[tuple[int, int]]): Pairs of linked keypoints.
        num_keypoints (int): K.

    Returns:
        Tensor: (K, K), symmetric.
    """
    adjacency = torch.eye(num_keypoints)
    for a, b in links:
        adjacency[a, b] = adjacency[b, a] = 1
    scale = adjacency.sum(0).rsqrt()
    return scale[:, None] * adjacency * scale


def count_rows(rows: Tensor, norm: nn.Module) -> int:
    """Count the rows that a norm takes its statistics from.

    Args:
        rows (Tensor): (t, C) of this process.
        norm (nn.Module): A ``BatchNorm1d``, or the ``SyncBatchNorm`` that
            ``sync_bn='torch'`` makes of it, which sees all processes' rows.

    Returns:
        int: The same in all processes where the norm is synchronised.
    """
    if not isinstance(norm, nn.SyncBatchNorm) or not dist.is_initialized():
        return len(rows)
    count = torch.tensor(len(rows), device=rows.device)
    dist.all_reduce(count, group=norm.process_group)
    return int(count)


def norm_rows(rows: Tensor, norm: nn.Module) -> Tensor:
    """Normalise any number of rows, none included.

    A batch, or the share of it that one process of a distributed run sees,
    may hold one row or no row at all, which have no variance. They are
    normalised by the running statistics, which they leave alone. With a
    synchronised norm the rows of all processes count: all of them enter its
    collective or none does, and a process without a row lends a hand.

    Args:
        rows (Tensor): (t, C). Taken in the norm's precision, under autocast
            too: processes with and without rows exchange the same type.
        norm (nn.Module): A ``BatchNorm1d`` or ``SyncBatchNorm``.

    Returns:
        Tensor: (t, C).
    """
    rows = rows.to(norm.weight.dtype)
    if norm.training and count_rows(rows, norm) > 1:
        return norm(rows)
    return F.batch_norm(rows, norm.running_mean, norm.running_var, norm.weight,
                        norm.bias, False, 0., norm.eps)


def normed_linear(rows: Tensor, linear: nn.Linear, norm: nn.Module) -> Tensor:
    """Apply a linear layer and a norm, in one pass where the statistics are
    fixed.

    Args:
        rows (Tensor): (t, C).
        linear (nn.Linear): C to C' channels.
        norm (nn.Module): Of C' channels, as of :func:`norm_rows`.

    Returns:
        Tensor: (t, C').
    """
    if norm.training:
        return norm_rows(linear(rows), norm)
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    bias = (linear.bias - norm.running_mean) * scale + norm.bias
    return F.linear(rows, linear.weight * scale[:, None], bias)


class GraphConv(nn.Module):
    """X' = ReLU(BN(G X W + b)) over keypoint features (Eq. 9).

    Args:
        in_channels (int): Channels of X.
        out_channels (int): Channels of X'.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_channels, out_channels)
        # as in the authors' release
        nn.init.xavier_uniform_(self.linear.weight, gain=1.414)
        nn.init.zeros_(self.linear.bias)
        self.norm = nn.BatchNorm1d(out_channels)

    def forward(self, features: Tensor, adjacency: Tensor) -> Tensor:
        """Convolve.

        Args:
            features (Tensor): (K, t, C). Keypoints first: G then acts as one
                matrix product on (K, t * C), and W as one on (K * t, C).
            adjacency (Tensor): G, (K, K).

        Returns:
            Tensor: (K, t, C').
        """
        mixed = (adjacency @ features.flatten(1)).view_as(features)
        rows = normed_linear(mixed.flatten(0, 1), self.linear, self.norm)
        rows = F.relu(rows, inplace=True)
        return rows.view(*features.shape[:2], rows.shape[1])


class ResidualGraphConv(nn.Module):
    """Two graph convolutions around a shortcut.

    Args:
        channels (int): C.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = GraphConv(channels, channels)
        self.conv2 = GraphConv(channels, channels)

    def forward(self, features: Tensor, adjacency: Tensor) -> Tensor:
        """Convolve (K, t, C) to (K, t, C)."""
        out = self.conv2(self.conv1(features, adjacency), adjacency)
        return features + out
