"""A 1x1 convolution of feature maps of several sizes."""
from typing import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


class PyramidConv(nn.Conv2d):
    """Convolve maps as if they were resized and concatenated.

    A 1x1 convolution and bilinear resizing may change places. Here the few
    outputs are resized, not the many inputs, and nothing is concatenated.
    Levels are added up in float32 at least, under autocast too.

    Args:
        in_channels (int): Of all levels together.
        out_channels (int): Of the output.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size=1)

    def levels(self, feats: Sequence[Tensor]) -> Sequence[Tensor]:
        """Which of a backbone's or neck's feature maps are meant.

        Args:
            feats (tuple[Tensor]): (B, C_i, H_i, W_i), the finest first.

        Returns:
            tuple[Tensor]: The last alone if it has ``in_channels`` channels,
            else all.

        Raises:
            ValueError: If all together have not ``in_channels`` channels
                either, or the first is not the finest.
        """
        if feats[-1].shape[1] == self.in_channels:
            return feats[-1:]
        channels = [x.shape[1] for x in feats]
        if sum(channels) != self.in_channels:
            raise ValueError(
                f'model.head.in_channels={self.in_channels}, but the feature '
                f'maps have {channels} channels: neither the last nor all '
                'together have as many')
        sizes = [tuple(x.shape[2:]) for x in feats]
        if any(h > sizes[0][0] or w > sizes[0][1] for h, w in sizes):
            raise ValueError(
                'PINetHead reads several feature maps as if resized to the '
                f'first, which must be the finest, but they have {sizes} '
                'cells: put the finest first, or concatenate them by '
                "model.neck=dict(type='FeatureMapProcessor', concat=True)")
        return feats

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Convolve.

        Args:
            feats (tuple[Tensor]): As of :meth:`levels`.

        Returns:
            Tensor: (B, out_channels, H, W) of the first level's size.
        """
        finest, *coarser = self.levels(feats)
        weight, *weights = self.weight.split(
            [x.shape[1] for x in (finest, *coarser)], dim=1)
        out = F.conv2d(finest, weight, self.bias)
        out = out.to(torch.promote_types(out.dtype, torch.float32))
        for level, weight in zip(coarser, weights):
            out += F.interpolate(
                F.conv2d(level, weight).to(out),
                size=out.shape[-2:],
                mode='bilinear',
                align_corners=False)
        return out
