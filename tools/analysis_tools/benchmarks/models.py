"""The model of a config and its peers, alike in backbone and input but RTMO.

All weights are random: what a model finds is up to ``heads.py``.
"""
from copy import deepcopy
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Dict, Tuple

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import torch
import torch.nn as nn
from mmengine.config import Config, ConfigDict
from mmengine.hub import get_config
from mmengine.logging import MMLogger
from mmpose.registry import MODELS

from mmpose_pinet.apis.configs import load_config as read_config
from mmpose_pinet.apis.zoo import find_config
from mmpose_pinet.engine import ChannelsLastHook
from mmpose_pinet.models import PINetHead

KEYPOINT_CONFIGS = 'mmpose::body_2d_keypoint'
PEERS = {
    'AE': 'associative_embedding/coco/ae_hrnet-w32_8xb24-300e_coco-512x512.py',
    'CID': 'cid/coco/cid_hrnet-w32_8xb20-140e_coco-512x512.py',
    'DEKR': 'dekr/coco/dekr_hrnet-w32_8xb10-140e_coco-512x512.py',
    'HigherHRNet': 'higherhrnet_hrnet-w32_coco',  # of this package
}
# These have a backbone and an input of their own, and no flip test
OWN_BACKBONE = {
    'RTMO-s': 'rtmo/coco/rtmo-s_8xb32-600e_coco-640x640.py',
    'RTMO-l': 'rtmo/coco/rtmo-l_16xb16-600e_coco-640x640.py',
}


@dataclass
class Setting:
    """Say what is benchmarked, and how.

    Attributes:
        cfg (Config): Of a PINet, see :func:`load_config`.
        device (torch.device): Where models run.
        shape (tuple[int, int]): Of images, (h, w) in px.
        batch (int): Images in a training batch.
        repeats (int): Rounds that count.
        amp (tuple[str]): Autocast types to train with beside fp32.
    """
    cfg: Config
    device: torch.device
    shape: Tuple[int, int]
    batch: int
    repeats: int
    amp: Tuple[str, ...] = ()


def load_config(path: str, shape: Tuple[int, int]) -> Config:
    """Load a PINet's config, for images of this shape, without pretraining.

    Raises:
        ValueError: If there is no whole PINet on an HRNet for 17 keypoints
            in it, which is what the peers can be held against.
    """
    cfg = read_config(path)
    model = cfg.model
    if MODELS.get(model.head.type) is not PINetHead:
        raise ValueError(f'{path}: model.head is {model.head.type}, but only '
                         'PINetHead can be benchmarked')
    for key in ('refinement', 'post_processor'):
        if model.head.get(key, {}) is None:
            raise ValueError(f'{path}: model.head.{key} is None; name the '
                             'config of a whole PINet')
    with torch.device('meta'):
        num_keypoints = MODELS.build(model.head).num_keypoints
    if num_keypoints != 17 or model.backbone.type != 'HRNet':
        raise ValueError(
            f"{path}: MMPose's AE, CID and DEKR have an HRNet and 17 "
            f'keypoints, but this has {model.backbone.type} and '
            f'{num_keypoints}')
    model.backbone.init_cfg = None
    model.test_cfg.flip_test = True
    set_input_size(model.head.decoder, shape)
    return cfg


def set_input_size(codec: ConfigDict, shape: Tuple[int, int]) -> None:
    """Let a codec expect images of (h, w) px, its stride unchanged."""
    size = tuple(shape[::-1])
    codec.heatmap_size = tuple(side * cells // old for side, cells, old in zip(
        size, codec.heatmap_size, codec.input_size))
    codec.input_size = size


def build_ours(cfg: Config, device: torch.device, mode: str) -> nn.Module:
    """Build our model, in the memory format that its config asks for.

    Args:
        cfg (Config): With a PINetHead.
        device (torch.device): Where it goes.
        mode (str): ``'train'`` or ``'test'``.

    Returns:
        nn.Module: With initial weights.
    """
    model = MODELS.build(deepcopy(cfg.model))  # it keeps what it is given
    model.init_weights()
    model = model.to(device).train(mode == 'train')
    if any(hook.type == 'ChannelsLastHook'
           for hook in cfg.get('custom_hooks', [])):
        ChannelsLastHook().before_run(
            SimpleNamespace(
                model=model, logger=MMLogger.get_current_instance()))
    return model


def input_shape(name: str, shape: Tuple[int, int]) -> Tuple[int, int]:
    """Say what a model gets where ours gets images of (h, w) px.

    RTMO's input is published as 640 px, those of the others as 512.
    """
    if name not in OWN_BACKBONE:
        return shape
    return tuple(round(side * 640 / 512 / 32) * 32 for side in shape)


def build_peer(name: str, ours: Config, shape: Tuple[int, int],
               device: torch.device) -> nn.Module:
    """Build a model from its own config, with our backbone but for RTMO.

    Args:
        name (str): A key of ``PEERS`` or of ``OWN_BACKBONE``.
        ours (Config): Lends the backbone.
        shape (tuple[int, int]): Image (h, w) in px, of ours.
        device (torch.device): Where it goes.

    Returns:
        nn.Module: In evaluation mode.
    """
    if name in OWN_BACKBONE:
        config = f'{KEYPOINT_CONFIGS}/{OWN_BACKBONE[name]}'
        return MODELS.build(get_config(config).model).to(device).eval()
    if name == 'HigherHRNet':
        model = Config.fromfile(find_config(PEERS[name])).model
    else:
        model = get_config(f'{KEYPOINT_CONFIGS}/{PEERS[name]}').model
    # the peer's own outputs: AE reads the finest map alone
    all_maps = model.backbone.extra.stage4.get('multiscale_output', False)
    model.backbone = deepcopy(ours.model.backbone)
    model.backbone.extra.stage4.multiscale_output = all_maps
    channels = model.backbone.extra.stage4.num_channels
    model.head.in_channels = sum(channels) if all_maps else channels[0]
    model.head.get('rescore_cfg', {}).pop('init_cfg', None)
    set_input_size(model.head.decoder, shape)
    return MODELS.build(model).to(device).eval()


def build_peers(setting: Setting) -> Dict[str, nn.Module]:
    """Build all peers, by name."""
    return {
        name: build_peer(name, setting.cfg, setting.shape, setting.device)
        for name in (*PEERS, *OWN_BACKBONE)
    }
