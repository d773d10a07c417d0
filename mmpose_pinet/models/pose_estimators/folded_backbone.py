"""A copy of a backbone for tests, without what only training needs."""
from copy import deepcopy
from typing import Optional, Tuple

import torch
import torch.nn as nn
from mmcv.cnn import fuse_conv_bn


class FoldedBackbone:
    """The backbone with batch norms folded into convolutions, made on demand.

    The copy is made anew whenever the backbone's weights or statistics have
    changed since: by training, by loading, by a move to another device or
    type. It is no submodule, so that checkpoints do not hold it.
    """

    def __init__(self) -> None:
        self.backbone: Optional[nn.Module] = None

    def of(self, backbone: nn.Module) -> nn.Module:
        """The copy of a backbone as it is now.

        Args:
            backbone (nn.Module): Whose batch norms are registered right after
                their convolutions, as in MMPose's backbones.

        Returns:
            nn.Module: In evaluation mode, without gradients.
        """
        if self.backbone is not backbone or self._state() != self._copied:
            self.backbone = backbone
            self._tensors = [*backbone.parameters(), *backbone.buffers()]
            self._copied = self._state()
            copy = deepcopy(backbone)
            copy.eval()  # MMPose's HRNet does not return itself
            with torch.no_grad():
                copy = fuse_conv_bn(copy)
            self._copy = copy.requires_grad_(False).to(
                memory_format=torch.channels_last)
        return self._copy

    def _state(self) -> Tuple:
        """What changes when weights are written to, loaded or moved."""
        first = self._tensors[0]
        writes = sum(0 if t.is_inference() else t._version
                     for t in self._tensors)
        return writes, first.data_ptr(), first.device, first.dtype
