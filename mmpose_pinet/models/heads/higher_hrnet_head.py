"""HigherHRNet: associative embedding with heatmaps of two resolutions."""
from typing import List, Tuple

import torch
import torch.nn as nn
from mmpose.models.backbones.resnet import BasicBlock
from mmpose.registry import MODELS
from torch import Tensor

from .ae_head import AEHead, in_float32


@MODELS.register_module()
class HigherHRNetHead(AEHead):
    """Heatmaps at two resolutions, and tags that group them into persons.

    After `HigherHRNet (Cheng et al., CVPR 2020)`_: a 1x1 convolution makes K
    heatmaps and K tag maps at the features' resolution. Features, heatmaps
    and tags together pass a 4x4 deconvolution of stride 2 and residual
    blocks, and another 1x1 convolution makes K heatmaps of twice the
    resolution. In a test, heatmaps of both are averaged, and tags are the
    coarse ones.

    Training needs targets of both levels, coarse first:
    ``GenerateTarget(multilevel=True, encoder=[coarse, fine])``.

    Args:
        in_channels (int): Channels C of the last feature map, which is read.
        num_keypoints (int): K.
        fine_channels (int): Channels at the fine resolution. Defaults to 32.
        num_blocks (int): Residual blocks at the fine resolution. Defaults to
            4.
        **kwargs: Those of :class:`AEHead`.

    .. _HigherHRNet (Cheng et al., CVPR 2020):
        https://arxiv.org/abs/1908.10357
    """

    def __init__(self,
                 in_channels: int,
                 num_keypoints: int,
                 fine_channels: int = 32,
                 num_blocks: int = 4,
                 **kwargs) -> None:
        super().__init__(in_channels, num_keypoints, **kwargs)
        self.fine_layers = nn.Sequential(
            *self._make_deconv_layers(in_channels + self.out_channels,
                                      [fine_channels], [4]),
            *(BasicBlock(fine_channels, fine_channels)
              for _ in range(num_blocks)))
        self.fine_final_layer = nn.Conv2d(fine_channels, num_keypoints, 1)

    def predict_maps(self,
                     feats: Tuple[Tensor]) -> Tuple[List[Tensor], Tensor]:
        """Run the network.

        Args:
            feats (tuple[Tensor]): Feature maps, the last (B, C, H, W).

        Returns:
            tuple: Heatmaps [(B, K, H, W), (B, K, 2H, 2W)] and tags
            (B, K, H, W), in float32 at least.
        """
        heatmaps, tags = super().predict_maps(feats)
        together = torch.cat([feats[-1], *heatmaps, tags], dim=1)
        fine = in_float32(self.fine_final_layer, self.fine_layers(together))
        return [*heatmaps, fine], tags
