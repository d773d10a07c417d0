"""Backbones beside HRNet-W32: what the head reads, trained and tested."""
import random
import runpy
from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn as nn
from config_files import (BACKBONES, CONFIGS, PATHS, PHOTOGRAPHS, name_data,
                          shrink)
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.fileio import load
from mmpose.registry import MODELS

from mmpose_pinet.models.pose_estimators.folded_backbone import \
    suits_channels_last

# many layers, which are counted one by one
SLOW_TO_COUNT = 'pinet_hrnet-w48_coco-640x640', 'pinet_litehrnet-18_coco'
WIDEST_IS_SLOW = [
    pytest.param(name, marks=[pytest.mark.slow] * ('w48' in name))
    for name in BACKBONES
]


@pytest.fixture(params=BACKBONES)
def name(request):
    return request.param


def test_every_such_config_is_in_the_table():
    others = [
        path for path in PATHS
        if not path.startswith(('pinet_hrnet-w32_',
                                'pinet_hrnet-tiny_')) and path != PHOTOGRAPHS
    ]
    assert sorted(BACKBONES) == sorted(others)


def test_the_head_reads_these_maps(name):
    """At the size that the config names; shapes alone, which takes no time.
    """
    cfg = Config.fromfile(PATHS[name])
    with torch.device('meta'):
        model = MODELS.build(cfg.model).eval()
        width, height = cfg.codec.input_size
        maps = model.extract_feat(torch.zeros(1, 3, height, width))
    strides, channels = BACKBONES[name]
    assert [x.shape[1] for x in maps] == channels
    assert [width // x.shape[3] for x in maps] == strides
    assert cfg.model.head.in_channels == sum(channels)
    assert maps[0].shape[:1:-1] == cfg.codec.heatmap_size


def test_it_differs_from_hrnet_w32_by_the_network_and_the_size(name):
    """Data, schedule, augmentation and judgement are those of COCO's config.
    """
    stock, cfg = (
        Config.fromfile(PATHS[n]) for n in ('pinet_hrnet-w32_coco', name))
    for config in (stock, cfg):
        shrink(config, 128)
        config.codec = config.model.head.decoder
        for key in ('backbone', 'neck'):
            config.model.pop(key, None)
        config.model.head.pop('in_channels')
        config.pop('input_size', None)
        config.train_pipeline = config.train_dataloader.dataset.pipeline
        config.val_pipeline = config.val_dataloader.dataset.pipeline
        config.test_dataloader = config.val_dataloader
    assert cfg.to_dict() == stock.to_dict()


@pytest.fixture
def trained(name, drawn_truth, tmp_path):
    """A model after one backward pass, and the two pictures of its test."""
    drawn_truth(17)
    # the augmentation's: rounding orders persons of nearly equal scores
    np.random.seed(0)
    random.seed(0)
    cfg = shrink(Config.fromfile(PATHS[name]), 128)
    cfg.model.backbone.pop('init_cfg', None)  # no download
    train_data, test_data = (
        name_data(cfg, loader, tmp_path)
        for loader in ('train_dataloader', 'test_dataloader'))
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.init_weights()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1  # so that a test sees what training saw
    batch = model.data_preprocessor(
        pseudo_collate([train_data[0]] * 2), training=True)
    loss, _ = model.parse_losses(model(**batch, mode='loss'))
    loss.backward()
    return model, pseudo_collate(list(test_data))


@pytest.mark.parametrize('name', WIDEST_IS_SLOW)
def test_every_weight_learns(trained):
    """Unused ones would stop a training on several GPUs."""
    model, _ = trained
    without = [
        name for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.isfinite().all()
    ]
    assert without == []


@pytest.mark.parametrize('name', WIDEST_IS_SLOW)
@torch.no_grad()
def test_a_batch_finds_what_the_stock_estimator_finds(trained):
    """With the flip test, the norms folded, and a neck where there is one."""
    model, batch = trained
    model.eval()
    std = model.head.point_layer.in_features**-0.5
    model.head.point_layer.weight.normal_(std=std)
    model.head.point_layer.bias.fill_(0.5)
    model.head.displacement_layer.weight.normal_(std=std)
    folded = model._folded_backbone.of(model.backbone)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())

    found = model.test_step(deepcopy(batch))
    stock = super(type(model), model).predict(**model.data_preprocessor(batch))
    for one, other in zip(found, stock):
        one, other = one.pred_instances, other.pred_instances
        assert len(one.keypoints) == len(other.keypoints) > 5
        np.testing.assert_allclose(one.keypoints, other.keypoints, atol=1e-2)
        # scores up to 10, of untrained networks, which amplify rounding
        np.testing.assert_allclose(
            one.bbox_scores, other.bbox_scores, atol=5e-3)


def test_only_depthwise_convolutions_stay_channels_first(name):
    with torch.device('meta'):
        backbone = MODELS.build(Config.fromfile(PATHS[name]).model.backbone)
    assert suits_channels_last(backbone) == ('litehrnet' not in name)


@pytest.mark.parametrize('name', [
    pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW_TO_COUNT))
    for name in BACKBONES
])
def test_the_metafile_says_how_large_it_is(name):
    """FLOPs are so many a pixel, and so many a candidate: two small inputs
    tell of the config's."""
    tool = runpy.run_path(
        str(CONFIGS.parents[1] / 'tools/analysis_tools/get_flops.py'))
    model = tool['build_model'](str(PATHS[name]), {})
    flops = {}
    for side in (64, 128):
        counted = tool['count_rows'](model, (side, side), 30)['ours']['whole']
        flops[side**2] = counted[1]
    entry, = (
        x for x in load(CONFIGS / 'metafile.yml')['Models']
        if x['Name'] == name)
    metadata = entry['Metadata']
    assert counted[0] == sum(p.numel() for p in model.parameters())
    assert counted[0] == pytest.approx(metadata['Parameters'], abs=500)
    area = np.prod(Config.fromfile(PATHS[name]).codec.input_size)
    line = np.polyfit(list(flops), list(flops.values()), 1)
    assert np.polyval(line, area) == pytest.approx(metadata['FLOPs'], rel=0.01)
