"""Pose refinement by a dynamic graph convolution network (Sec. 3.3)."""
from typing import Sequence, Tuple, Union

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_pinet.arguments import check_number
from mmpose_pinet.codecs.skeletons import get_links

from .graph_conv import (GraphConv, ResidualGraphConv, normalized_adjacency,
                         normed_linear)


@MODELS.register_module()
class PoseRefinement(BaseModule):
    """Correct coarse poses by features at their keypoints and at their part.

    Args:
        in_channels (int): Channels C of the feature map.
        num_keypoints (int): K.
        num_layers (int): Residual graph convolution blocks after the first
            graph convolution. Defaults to 3.
        graph (str): ``'dynamic'``: the adjacency starts as the skeleton's and
            is learned; ``'static'``: it stays the skeleton's; ``'none'``:
            each keypoint keeps to itself (Table 1c). Defaults to
            ``'dynamic'``.
        skeleton (str | list[tuple[int, int]]): ``'coco'``, ``'crowdpose'``,
            the path of a metainfo file, or pairs of linked keypoints.
            Defaults to ``'coco'``.

    Raises:
        ValueError: If the graph or the skeleton is unknown, or the skeleton
            has not K keypoints.
    """

    def __init__(self,
                 in_channels: int,
                 num_keypoints: int,
                 num_layers: int = 3,
                 graph: str = 'dynamic',
                 skeleton: Union[str, Sequence[Tuple[int, int]]] = 'coco',
                 init_cfg=None) -> None:
        super().__init__(init_cfg)
        if graph not in ('dynamic', 'static', 'none'):
            raise ValueError(f"graph={graph!r} is unknown; choose 'dynamic', "
                             "'static' or 'none'")
        check_number(
            'PoseRefinement: num_layers', num_layers, least=0, whole=True)
        self.num_keypoints = num_keypoints
        adjacency = torch.eye(num_keypoints)
        if graph != 'none':
            adjacency = normalized_adjacency(
                get_links(skeleton, num_keypoints), num_keypoints)
        if graph == 'dynamic':
            self.adjacency = nn.Parameter(adjacency)
        else:
            self.register_buffer('adjacency', adjacency)

        self.stem = GraphConv(in_channels, in_channels)
        self.blocks = nn.ModuleList(
            ResidualGraphConv(in_channels) for _ in range(num_layers))
        self.fuse = nn.Linear(3 * in_channels, in_channels)
        self.norm = nn.BatchNorm1d(in_channels)
        self.predict = nn.Linear(in_channels, 2 * num_keypoints)

    def forward(self, keypoint_features: Tensor,
                part_features: Tensor) -> Tensor:
        """Tell the correction of each keypoint of each pose.

        Args:
            keypoint_features (Tensor): (K, t, C) features at the keypoints.
            part_features (Tensor): (t, C) features at the part points.

        Returns:
            Tensor: (t, K, 2) in cells, to be added to the poses (Eq. 3).
        """
        features = self.stem(keypoint_features, self.adjacency)
        for block in self.blocks:
            features = block(features, self.adjacency)
        pooled = torch.cat([features.mean(0),
                            features.amax(0), part_features],
                           dim=1)
        hidden = F.relu(
            normed_linear(pooled, self.fuse, self.norm), inplace=True)
        return self.predict(hidden).unflatten(1, (self.num_keypoints, 2))


def sampling_points(poses: Tensor, size: Tuple[int, int]) -> Tensor:
    """Tell where the features of keypoints are read.

    The authors' release normalises by the outermost cells' centres but reads
    with ``grid_sample(align_corners=False)``, up to half a cell off. Its
    weights were trained with that, so it is kept.

    Args:
        poses (Tensor): (..., 2) in cells.
        size (tuple[int, int]): Map size (W, H).

    Returns:
        Tensor: (..., 2) in cells.
    """
    stretched = [
        places * (cells / (cells - 1)) - 0.5
        for places, cells in zip(poses.unbind(-1), size)
    ]
    return torch.stack(stretched, dim=-1)
