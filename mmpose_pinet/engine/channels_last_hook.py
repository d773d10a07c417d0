"""Convolutions in the memory format that suits them."""
from typing import Tuple

import torch
import torch.nn as nn
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from mmpose_pinet.models.pose_estimators.folded_backbone import \
    suits_channels_last


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Hand images to the backbone in the channels-last memory format.

    Convolutions follow their input and the numbers stay the same. HRNet
    trains 13 % faster by it on a CPU, and :class:`FeaturePyramid` reads
    feature maps without a copy; a backbone with depthwise convolutions, which
    get several times slower, is left as it is. On a GPU it has not been
    measured.

    Weights stay as they are: DistributedDataParallel, which is there before
    any hook, warns of every gradient whose strides are not those of its
    weight when it was wrapped.
    """

    def before_run(self, runner: Runner) -> None:
        """Convert from now on, in training, validation and tests."""
        model = runner.model
        backbone = (model.module
                    if is_model_wrapper(model) else model).backbone
        if not suits_channels_last(backbone):
            runner.logger.info(
                'ChannelsLastHook leaves the model as it is: its grouped '
                'convolutions are slower in the channels-last memory format')
        elif _to_channels_last not in backbone._forward_pre_hooks.values():
            backbone.register_forward_pre_hook(_to_channels_last)


def _to_channels_last(backbone: nn.Module,
                      inputs: Tuple[torch.Tensor]) -> torch.Tensor:
    return inputs[0].contiguous(memory_format=torch.channels_last)
