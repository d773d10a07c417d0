"""Convolutions in the memory format that suits them."""
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Keep the model's convolutions in the channels-last memory format.

    The numbers stay the same; convolutions get faster, on CPU and in mixed
    precision on GPU, and :class:`FeatureColumns` reads the feature map
    without a copy.
    """

    def before_run(self, runner: Runner) -> None:
        """Convert before training, validation or testing begins."""
        runner.model.to(memory_format=torch.channels_last)
