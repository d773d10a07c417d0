"""A backbone for tests on a CPU, without what only training needs."""
from copy import deepcopy
from threading import Lock
from typing import List, NamedTuple, Optional

import numpy as np
import torch
import torch.nn as nn
from mmcv.cnn import fuse_conv_bn
from torch import Tensor

_INTEGERS = {
    1: torch.int8,
    2: torch.int16,
    4: torch.int32,
    8: torch.int64,
}


class _Folded(NamedTuple):
    """A copy, and what it was made of."""

    modules: List[nn.Module]
    tensors: List[Tensor]
    dtype: Optional[torch.dtype]
    copy: nn.Module


class FoldedBackbone:
    """A copy of a backbone with batch norms folded into its convolutions.

    On a CPU, HRNet-W32 takes 9 to 15 % less time without its norms. Weights
    can be written to in ways that leave no trace (MMEngine's EMAHook swaps
    them by ``param.data.copy_``), so the copy is never trusted: each time it
    is asked for, all weights and statistics are compared to the last bit with
    those it was made from, which takes 2 % of the backbone's time.

    For autocast, the copy's layers hold their weights in its type. Features
    are the same to the last bit; to cast HRNet-W32's weights in each call
    would take some 20 ms of the 440 ms of an image in bfloat16 (one thread
    with AMX, 512 px, both views).

    Forward hooks of the backbone's layers do not see the copy. It is no
    submodule, so that checkpoints do not hold it.

    Threads may ask at a time: one copies, the others wait. Copies of an
    object, and pickled ones, start empty.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._folded: Optional[_Folded] = None

    def __reduce__(self) -> tuple:
        return FoldedBackbone, ()

    def of(self,
           backbone: nn.Module,
           dtype: Optional[torch.dtype] = None) -> nn.Module:
        """Return the copy of a backbone as it is now.

        Args:
            backbone (nn.Module): Whose batch norms are registered right after
                their convolutions, as in MMPose's backbones. On a CPU.
            dtype (torch.dtype, optional): What autocast computes the layers
                in. By default they compute in their own type.

        Returns:
            nn.Module: In evaluation mode, without gradients, in the
            channels-last memory format where that is fast.
        """
        modules = list(backbone.modules())
        tensors = _tensors(backbone)
        folded = self._folded  # all of it or nothing, whatever others do
        if not _is_of(folded, modules, tensors, dtype):
            with self._lock:
                folded = self._folded
                if not _is_of(folded, modules, tensors, dtype):
                    self._folded = folded = _fold(backbone, modules, dtype)
        return folded.copy


def suits_channels_last(module: nn.Module) -> bool:
    """Tell whether convolutions gain from the channels-last memory format.

    It was measured on CPUs: HRNet gains by it, in training and in tests;
    depthwise convolutions (MobileNetV2) take over three times as long.
    """
    return not any(
        isinstance(layer, nn.Conv2d) and layer.groups > 1
        for layer in module.modules())


def _is_of(folded: Optional[_Folded], modules: List[nn.Module],
           tensors: List[Tensor], dtype: Optional[torch.dtype]) -> bool:
    return (folded is not None and dtype == folded.dtype
            and modules == folded.modules
            and len(tensors) == len(folded.tensors)
            and all(map(_same, tensors, folded.tensors)))


def _fold(backbone: nn.Module, modules: List[nn.Module],
          dtype: Optional[torch.dtype]) -> _Folded:
    copy = deepcopy(backbone)
    # of the copy: a thread may be writing to the backbone
    tensors = [x.detach().clone() for x in _tensors(copy)]
    copy.eval()  # MMPose's HRNet does not return itself
    with torch.no_grad():
        copy = fuse_conv_bn(copy)
    copy.requires_grad_(False)
    if suits_channels_last(copy):
        copy.to(memory_format=torch.channels_last)
    if dtype is not None:
        _cast_layers(copy, dtype)
    return _Folded(modules, tensors, dtype, copy)


def _tensors(module: nn.Module) -> List[Tensor]:
    return [*module.parameters(), *module.buffers()]


def _cast_layers(module: nn.Module, dtype: torch.dtype) -> None:
    """Cast the weights that autocast would cast in each call, and no norm's,
    which it leaves alone."""
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.to(dtype)


def _same(one: Tensor, other: Tensor) -> bool:
    """Compare two tensors to the last bit, faster than ``torch.equal``."""
    if one.dtype != other.dtype:
        return False
    integers = _INTEGERS[one.element_size()]
    return np.array_equal(*(x.detach().view(integers).numpy()
                            for x in (one, other)))
