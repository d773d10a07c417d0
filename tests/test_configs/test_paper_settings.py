"""Every config reads and builds, and says what the paper says."""
import argparse
import json
import re
import shlex
from functools import lru_cache

import numpy as np
import pytest
import torch
from config_files import (BACKBONES, CONFIGS, OCHUMAN, OWN_KEYPOINTS, PAPER,
                          PATHS, PEERS, PHOTOGRAPHS, PLUS, TABLE_1, TINY,
                          keypoint_facts, num_parts, pipeline_step)
from mmengine.config import Config, DictAction
from mmengine.fileio import load
from mmpose.registry import MODELS


def test_model_fits_codec_and_dataset(cfg):
    facts = keypoint_facts(cfg)
    num_keypoints = facts['num_keypoints']
    head_cfg = cfg.model.head
    # the codec of the targets is the codec of the head
    targets = pipeline_step(cfg.train_dataloader.dataset.pipeline,
                            'GenerateTarget')
    assert targets.encoder == head_cfg.decoder == cfg.codec

    shapes = feature_shapes(
        json.dumps([cfg.model.backbone,
                    cfg.model.get('neck')]))
    with torch.device('meta'):  # shapes alone, which takes no time
        head = MODELS.build(head_cfg)
        maps = head([torch.zeros(shape) for shape in shapes])
    assert head.num_keypoints == num_keypoints
    if 'post_processor' in head_cfg:
        np.testing.assert_allclose(
            head.post_processor.sigmas, facts['sigmas'], rtol=1e-6)
    assert maps.shape == (2, num_keypoints + num_parts(cfg), 16, 32)


@lru_cache()
def feature_shapes(backbone_and_neck):
    """Of the feature maps, once for each backbone and neck."""
    backbone, neck = json.loads(backbone_and_neck)
    backbone['init_cfg'] = None  # no download
    with torch.device('meta'):
        features = MODELS.build(backbone)(torch.zeros(2, 3, 64, 128))
        if neck is not None:
            features = MODELS.build(neck)(features)
    return [x.shape for x in features]


@pytest.mark.parametrize('name', PAPER)
def test_schedule_is_the_papers(name):
    cfg = Config.fromfile(PATHS[name])
    epochs, milestones, batch_size, num_layers, smallest = PAPER[name]
    assert cfg.train_cfg.max_epochs == epochs
    assert [s.milestones for s in cfg.param_scheduler] == [milestones]
    assert cfg.optim_wrapper.optimizer == dict(type='Adam', lr=1e-3)
    assert cfg.auto_scale_lr.base_batch_size == batch_size
    head = cfg.model.head
    assert head.refinement.num_layers == num_layers
    assert head.displacement_loss.loss_weight == 0.03
    assert head.refine_loss.loss_weight == 0.03
    assert head.decoder.get('min_instance_area', 32**2) == smallest
    assert cfg.codec.input_size == (512, 512)


@pytest.mark.parametrize('name', TABLE_1)
def test_ablation_is_a_row_of_table_1(name):
    cfg = Config.fromfile(PATHS[name])
    with torch.device('meta'):
        head = MODELS.build(cfg.model.head)
    graph = head.refinement and cfg.model.head.refinement.graph
    assert TABLE_1[name] == (head.decoder.num_parts, graph,
                             head.post_processor.fuse)


@pytest.mark.parametrize('name', list(TABLE_1)[1:])
def test_ablation_trains_and_tests_as_the_whole(name):
    whole, cfg = (Config.fromfile(PATHS[n]) for n in (OCHUMAN, name))
    for config in (whole, cfg):
        # what an ablation may change
        for key in ('head', 'test_cfg'):
            config.model.pop(key)
        config.pop('codec')
        pipeline_step(config.train_pipeline, 'GenerateTarget').pop('encoder')
        config.train_dataloader.dataset.pipeline = config.train_pipeline
    assert cfg.to_dict() == whole.to_dict()


def commands():
    """Those of the page on training, on so many GPUs."""
    page = CONFIGS.parents[1] / 'docs/train.md'
    text = page.read_text().replace('\\\n', '')
    parser = argparse.ArgumentParser()
    parser.add_argument('config')
    parser.add_argument('gpus', type=int)
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    for line in re.findall(r'^bash tools/dist_train\.sh (.*)', text,
                           re.MULTILINE):
        args = parser.parse_args(shlex.split(line))
        cfg = Config.fromfile(CONFIGS.parents[1] / args.config)
        cfg.merge_from_dict(args.cfg_options or {})
        yield args.gpus, cfg


def test_the_papers_own_split_is_what_the_page_commands():
    """2 GPUs with batch norms of their own, and 10 or 20 pictures each."""
    batches = {
        cfg.default_hooks.checkpoint.save_best + cfg.data_root:
        cfg.train_dataloader.batch_size
        for gpus, cfg in commands() if gpus == 2 and cfg.sync_bn is None
    }
    assert batches == {
        'coco/APdata/ochuman/': 10,
        'coco/APdata/coco/': 20,
        'crowdpose/APdata/crowdpose/': 20
    }


def test_a_batch_norm_sees_the_pictures_of_eight_gpus():
    synced = [
        gpus * cfg.train_dataloader.batch_size for gpus, cfg in commands()
        if gpus == 8 and cfg.sync_bn == 'torch'
    ]
    assert synced == [24, 40, 40]
    # which two CPU cores cannot do
    assert 'sync_bn' not in Config.fromfile(PATHS[TINY])


# --- the index --------------------------------------------------------------


def test_index_names_configs_that_are_there():
    root = CONFIGS.parents[1]
    models = [
        model for path in load(root / 'model-index.yml')['Import']
        for model in load(root / path)['Models']
    ]
    named = {model['Name'] for model in models}
    assert named == {*PATHS, *PEERS, *PLUS}
    # all others, the paper has a number for
    without = {model['Name'] for model in models if 'Results' not in model}
    assert without == {
        TINY, OWN_KEYPOINTS, PHOTOGRAPHS, *BACKBONES, *PLUS,
        f'{OCHUMAN}_multiscale', 'pinet_hrnet-w32_coco_multiscale',
        'spm_hrnet-w32_coco',
        *(name for name in PEERS if name.startswith(('ae_', 'cid_', 'rtmo-'))),
        *(name for name in PATHS if 'ochuman-pose' in name)
    }
    for model in models:
        assert (root / model['Config']).stem == model['Name']
        assert (root / model['Config']).is_file()
