"""A backbone for tests on a GPU that does not wait for Python."""
from copy import deepcopy
from typing import Iterator, Sequence, Tuple

import torch
import torch.nn as nn
from torch import Tensor

from ..cuda_graphs import CudaGraphs, autocast_type
from .folded_backbone import suits_channels_last


class GraphedBackbone:
    """A backbone, and the neck after it, replayed with norms folded in.

    At 512 px on an H100, HRNet-W32 takes 25 ms or more for an image and its
    mirror image, which is the time of Python; replayed it takes 6 ms. The
    norms are folded in as part of the recording, so that each replay sees the
    weights and statistics as they are.

    Forward hooks of layers are called while recording alone. It is no
    submodule, so that checkpoints do not hold it.
    """

    def __init__(self) -> None:
        self._graphs = CudaGraphs()

    def __call__(self, modules: Sequence[nn.Module],
                 images: Tensor) -> Tuple[Tensor, ...]:
        """Extract features, without gradients.

        Args:
            modules (list[nn.Module]): The backbone and what follows it, each
                a function of what the one before gives. Batch norms are
                registered right after their convolutions, as in MMPose's.
            images (Tensor): (B, 3, h, w) on a GPU.

        Returns:
            tuple[Tensor]: Feature maps (B, C_i, H_i, W_i).
        """
        return self._graphs(lambda: FoldingCopy(modules), modules, [images])


class FoldingCopy:
    """A copy of modules that folds batch norms in whenever it is called.

    It shares all tensors with the modules but the folded convolutions' own,
    which are written in each call: in the channels-last memory format where
    that is fast, and in autocast's type.

    Args:
        modules (list[nn.Module]): As of :class:`GraphedBackbone`.
    """

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        network = nn.Sequential(*modules)
        shared = [*network.parameters(), *network.buffers()]
        self._network = deepcopy(network, {id(x): x for x in shared})
        self._network.eval()  # MMPose's HRNet does not return itself
        self._format = torch.contiguous_format
        if suits_channels_last(network):
            self._format = torch.channels_last
        pairs = list(_take_norms(self._network))
        self._norms = [norm for _, norm in pairs]
        if not pairs:
            return
        self._eps = torch.cat([
            torch.full_like(norm.running_var, norm.eps) for norm in self._norms
        ])
        # what is read, then what is written
        self._weights = [conv.weight for conv, _ in pairs]
        self._offsets = [
            torch.zeros_like(norm.running_mean)
            if conv.bias is None else conv.bias for conv, norm in pairs
        ]
        self._own = [
            torch.empty_like(
                weight, dtype=autocast_type(), memory_format=self._format)
            for weight in self._weights
        ]
        self._own_bias = torch.cat(self._offsets).to(self._own[0].dtype)
        self._sizes = [len(weight) for weight in self._weights]
        for (conv, _), weight, bias in zip(pairs, self._own,
                                           self._own_bias.split(self._sizes)):
            conv.weight = nn.Parameter(weight, requires_grad=False)
            conv.bias = nn.Parameter(bias, requires_grad=False)

    def __call__(self, images: Tensor) -> Tuple[Tensor, ...]:
        """Extract features of images (B, 3, h, w)."""
        if self._norms:
            self._fold()
        images = images.contiguous(memory_format=self._format)
        return tuple(self._network(images))

    def _fold(self) -> None:
        """Write convolutions with norms folded in, all norms at once."""
        scales, shifts, means, variances = map(
            torch.cat,
            zip(*((norm.weight, norm.bias, norm.running_mean, norm.running_var)
                  for norm in self._norms)))
        scales = scales * (variances + self._eps).rsqrt()
        offsets = torch.cat(self._offsets)
        self._own_bias.copy_(shifts + (offsets - means) * scales)
        for own, weight, scale in zip(self._own, self._weights,
                                      scales.split(self._sizes)):
            torch.mul(weight, scale.view(-1, 1, 1, 1), out=own)


def _take_norms(
        module: nn.Module) -> Iterator[Tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Take the batch norms after convolutions out of a module.

    Yields:
        tuple[nn.Module]: A convolution and the norm that was after it.
    """
    before = None
    for name, child in list(module.named_children()):
        if isinstance(before, nn.Conv2d) and _is_foldable(child):
            setattr(module, name, nn.Identity())
            yield before, child
        else:
            yield from _take_norms(child)
        before = child


def _is_foldable(module: nn.Module) -> bool:
    return isinstance(module, nn.modules.batchnorm._BatchNorm
                      ) and module.affine and module.track_running_stats
