"""Keypoints are looked for where a pose already is."""
from typing import Tuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_pinet.arguments import check_number

from .feature_pyramid import FeaturePyramid


@MODELS.register_module()
class KeypointLocalisation(BaseModule):
    """Look for each keypoint of each pose in a small window around it.

    What the keypoint and the pose's part look like makes a query, which is
    compared with a key of each cell of the window; the distance from where
    the pose has the keypoint counts as well. A softmax over the window gives
    the probability that the keypoint lies at a cell, and its mean is where the
    keypoint moves to. The query tells persons apart who share one heatmap.

    Keys are made for all cells by a 1x1 convolution, all else for windows
    alone: its cost follows the people.

    Args:
        in_channels (int): Channels C of the feature map.
        num_keypoints (int): K.
        channels (int): E, of queries and keys. Defaults to 32.
        radius (int): Cells from the middle of a window to its edge: it has
            (2 * radius + 1)**2 of them. Defaults to 4.

    Raises:
        ValueError: If ``channels`` or ``radius`` is no positive whole number.
    """

    def __init__(self,
                 in_channels: int,
                 num_keypoints: int,
                 channels: int = 32,
                 radius: int = 4,
                 init_cfg=None) -> None:
        super().__init__(init_cfg)
        for name, value in dict(channels=channels, radius=radius).items():
            check_number(
                f'KeypointLocalisation: {name}', value, least=1, whole=True)
        self.reach = radius + 0.5  # a keypoint farther away is in no window
        self.key = nn.Linear(in_channels, channels)
        self.query = nn.Linear(in_channels, channels)
        self.part_query = nn.Linear(in_channels, num_keypoints * channels)
        for layer in (self.query, self.part_query):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
        steps = torch.arange(-radius, radius + 1)
        window = torch.cartesian_prod(steps, steps).flip(1)
        self.register_buffer('window', window, persistent=False)  # (n, 2)
        self.nearness = nn.Parameter(torch.full((num_keypoints, ), 0.125))
        self.offset_bias = nn.Parameter(
            torch.zeros(num_keypoints, len(window)))

    def forward(self, pyramid: FeaturePyramid, images: Tensor, poses: Tensor,
                part_features: Tensor) -> Tensor:
        """Move the keypoints of poses.

        Args:
            pyramid (FeaturePyramid): Of B images.
            images (Tensor): (t, ) image indices.
            poses (Tensor): (t, K, 2) in cells; no gradient flows into them.
            part_features (Tensor): (t, C) features at the part points.

        Returns:
            Tensor: (t, K, 2) in cells. A keypoint whose window lies outside
            the map stays where it is.
        """
        poses = poses.detach()
        width, height = pyramid.size
        cells, inside = self._cells(poses, width, height)
        x, y = cells.unbind(-1)
        index = y.clamp(0, height - 1) * width + x.clamp(0, width - 1)
        index = images[:, None, None] * (height * width) + index

        features = pyramid.read(images, poses.transpose(0, 1))  # (K, t, C)
        queries = self.query(features).transpose(0, 1)
        queries = queries + self.part_query(part_features).view_as(queries)
        keys = pyramid.convolve(self.key).permute(0, 2, 3, 1).flatten(0, 2)
        keys = F.embedding(index, keys)  # (t, K, n, E)
        likeness = (keys @ queries.to(keys)[..., None]).squeeze(-1)

        distance = (cells - poses[:, :, None]).square().sum(-1)
        logits = likeness + self.offset_bias - self.nearness[:,
                                                             None] * distance
        shares = logits.masked_fill(~inside, -1e4).softmax(-1)
        means = (shares[..., None] * cells).sum(2)
        return torch.where(inside.any(-1, keepdim=True), means, poses)

    def _cells(self, poses: Tensor, width: int,
               height: int) -> Tuple[Tensor, Tensor]:
        """The n cells of each keypoint's window, (t, K, n, 2), and which of
        them are on the map, (t, K, n)."""
        # a window far outside is as far outside as one just outside
        far = max(width, height) + len(self.window)
        middle = poses.round().clamp(-far, far).long()
        cells = middle[:, :, None] + self.window
        x, y = cells.unbind(-1)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        return cells, inside
