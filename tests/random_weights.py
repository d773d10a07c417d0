"""Weights of a model that was never trained, and finds something all the
same."""
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

TINY = Path(
    __file__).parents[1] / 'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'


def save_random_weights(path: Path, config: Path = TINY) -> str:
    """Write the weights of a config's model: all its point maps are above 0,
    and its keypoints some px apart."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(config).model)
    with torch.no_grad():
        model.head.point_layer.weight.normal_(std=0.1)
        model.head.point_layer.bias.fill_(0.5)
        model.head.displacement_layer.weight.normal_()
    torch.save(dict(state_dict=model.state_dict(), meta={}), path)
    return str(path)
