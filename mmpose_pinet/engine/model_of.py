"""The model of a run, whatever trains it."""
import torch.nn as nn
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner


def model_of(runner: Runner) -> nn.Module:
    """Give a run's model itself, out of DistributedDataParallel if it is in
    such a wrapper."""
    model = runner.model
    return model.module if is_model_wrapper(model) else model
