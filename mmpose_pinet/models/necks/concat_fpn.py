"""A feature pyramid that ends in one map."""
from typing import Sequence, Tuple

import torch
import torch.nn.functional as F
from mmpose.models.necks import FPN
from mmpose.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class ConcatFPN(FPN):
    """MMPose's pyramid, its levels resized to the finest and concatenated.

    MMPose's heads read the last map alone. After this neck they read all
    levels, as PINet's head does by itself, so that heads can be compared on
    the same features.

    Arguments are those of :class:`FPN`, and so are the weights.
    """

    def forward(self, inputs: Sequence[Tensor]) -> Tuple[Tensor]:
        """Merge the maps of a backbone.

        Args:
            inputs (list[Tensor]): (B, C_i, H_i, W_i), the finest, (H, W),
                first.

        Returns:
            tuple[Tensor]: One map (B, num_outs * out_channels, H, W).
        """
        levels = super().forward(inputs)
        size = levels[0].shape[2:]
        # MMPose's `resize` would be exported with one picture's size
        levels = [
            F.interpolate(level, size, mode='bilinear', align_corners=False)
            for level in levels
        ]
        return torch.cat(levels, dim=1),
