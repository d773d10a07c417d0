"""Scores of keypoints that know how right they are."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_pinet.arguments import check_number

from .graph_conv import norm_rows, normed_linear


@MODELS.register_module()
class KeypointScoring(BaseModule):
    """Tell what each keypoint of a pose adds to its OKS.

    The mean of a person's keypoint scores is then the OKS to expect.

    Args:
        in_channels (int): Channels C of the feature map.
        num_keypoints (int): K.
        num_parts (int): S.
        hidden_channels (int): Of the layer between. Defaults to 128.

    Raises:
        ValueError: If ``hidden_channels`` is no positive whole number.
    """

    def __init__(self,
                 in_channels: int,
                 num_keypoints: int,
                 num_parts: int,
                 hidden_channels: int = 128,
                 init_cfg=None) -> None:
        super().__init__(init_cfg)
        check_number(
            'KeypointScoring: hidden_channels',
            hidden_channels,
            least=1,
            whole=True)
        self.num_parts = num_parts
        num_inputs = 3 * in_channels + num_keypoints + 1 + 2 + num_parts
        self.input_norm = nn.BatchNorm1d(num_inputs)
        self.hidden = nn.Linear(num_inputs, hidden_channels)
        self.norm = nn.BatchNorm1d(hidden_channels)
        self.predict = nn.Linear(hidden_channels, num_keypoints)

    def forward(self, keypoint_features: Tensor, part_features: Tensor,
                heatmap_values: Tensor, poses: Tensor,
                parts: Tensor) -> Tensor:
        """Score the keypoints of poses.

        Args:
            keypoint_features (Tensor): (K, t, C) features at the keypoints.
            part_features (Tensor): (t, C) features at the part points.
            heatmap_values (Tensor): (t, K+1): what the keypoints' heatmaps
                say at them, and the part's at the part point.
            poses (Tensor): (t, K, 2) in cells.
            parts (Tensor): (t, ) part indices.

        Returns:
            Tensor: (t, K) logits of the scores.
        """
        size = poses.amax(1) - poses.amin(1)
        inputs = torch.cat([
            keypoint_features.mean(0),
            keypoint_features.amax(0), part_features, heatmap_values,
            size.clamp(min=1).log(),
            F.one_hot(parts, self.num_parts).to(poses)
        ], 1)
        rows = norm_rows(inputs, self.input_norm)
        hidden = F.relu(normed_linear(rows, self.hidden, self.norm))
        return self.predict(hidden)
