"""A training whose loss is no number any more."""
from math import isfinite
from typing import Optional

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from mmpose_pinet.models.persons import image_name


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stop a training whose loss is NaN or infinite, and name the images.

    It reads what MMEngine's own hook has written to the message hub, which
    waits for the GPU in each iteration: no more waiting comes of it. Weights
    have taken the step by then, but no checkpoint of them is written.

    Raises:
        ValueError: With the losses and the images of the batch.
    """

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: Optional[dict] = None,
                         outputs: Optional[dict] = None) -> None:
        """Look at the losses of an iteration."""
        losses = {
            name: runner.message_hub.get_scalar(f'train/{name}').current()
            for name in outputs or () if 'loss' in name
        }
        if all(map(isfinite, losses.values())):
            return
        images = [image_name(x) for x in data_batch['data_samples']]
        told = ', '.join(f'{name}={loss}' for name, loss in losses.items())
        raise ValueError(
            f'iteration {runner.iter + 1} has {told}, on the images '
            f'{", ".join(images)}. Look at these and their annotations; if '
            'they are sound, the training has diverged: go on from an '
            'earlier checkpoint, with a lower learning rate '
            '(optim_wrapper.optimizer.lr) or with '
            'optim_wrapper.clip_grad=dict(max_norm=1)')
