"""A slim PINet with random weights that find something."""
from pathlib import Path

import torch
import torch.nn as nn
from mmengine.config import Config
from mmpose.registry import MODELS

CONFIG = (
    Path(__file__).parents[3] / 'configs' / 'pinet' /
    'pinet_hrnet-tiny_drawn-crowd.py')


def read_config():
    """Of the drawn crowd's network, with a block a branch."""
    cfg = Config.fromfile(CONFIG)
    for stage in cfg.model.backbone.extra.values():
        stage.num_blocks = (1, ) * len(stage.num_channels)
    return cfg


def build(estimator='BatchedBottomupPoseEstimator', flip_test=True, cfg=None):
    """Random weights that find something, and statistics that matter."""
    cfg = cfg or read_config()
    cfg.model.type = estimator
    cfg.model.test_cfg.flip_test = flip_test
    torch.manual_seed(0)
    model = MODELS.build(cfg.model).eval()
    shake(model)
    return model


@torch.no_grad()
def shake(model):
    """Give a model weights that find something in any picture."""
    for module in model.backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
            module.weight.uniform_(0.5, 1.5)
            module.bias.normal_(std=0.1)
    model.head.point_layer.weight.normal_(std=0.1)
    model.head.point_layer.bias.fill_(0.5)
    model.head.displacement_layer.weight.normal_(std=0.1)
