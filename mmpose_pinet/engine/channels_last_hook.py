"""Convolutions in the memory format that suits them."""
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from mmpose_pinet.models.pose_estimators.folded_backbone import \
    suits_channels_last


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Keep the model's convolutions in the channels-last memory format.

    The numbers stay the same. HRNet trains faster on a CPU, and
    :class:`FeaturePyramid` reads feature maps without a copy; a model with
    depthwise convolutions, which get several times slower, is left as it is.
    On a GPU it has not been measured.
    """

    def before_run(self, runner: Runner) -> None:
        """Convert before training, validation or testing begins."""
        if suits_channels_last(runner.model):
            runner.model.to(memory_format=torch.channels_last)
        else:
            runner.logger.info(
                'ChannelsLastHook leaves the model as it is: its grouped '
                'convolutions are slower in the channels-last memory format')
