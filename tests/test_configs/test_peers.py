"""Other authors' models in PINet's setting: they differ by the model alone."""
import json

import numpy as np
import pytest
import torch
from config_files import (DATA, PATHS, PEERS, RIVALS, TINY, keypoint_facts,
                          name_data, pipeline_step, shrink)
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.hub import get_config
from mmengine.runner import Runner
from mmpose.registry import MODELS

NAMES = [f'{model}_hrnet-w32_{data}' for model in RIVALS for data in DATA]
NAMES += ['spm_hrnet-w32_ochuman_pf', 'dekr_hrnet-w32_ochuman_pf']
RTMO = [name for name in PEERS if name.startswith('rtmo')]
# what is a model's own: its network but for the backbone, its targets, and
# how the evaluator makes persons of what it finds
OF_THE_MODEL = ('type', 'neck', 'head', 'test_cfg', 'train_cfg',
                'post_processor')
OF_THE_EVALUATOR = ('score_mode', 'nms_mode', 'nms_thr')


@pytest.fixture
def peer(request):
    return Config.fromfile(PEERS[request.param])


def targets(cfg):
    return pipeline_step(cfg.train_pipeline, 'GenerateTarget')


@pytest.mark.parametrize('name', NAMES)
def test_it_is_trained_and_tested_as_pinet_is(name):
    data = next(data for data in DATA if f'_{data}' in name)
    ours = Config.fromfile(PATHS[f'pinet_hrnet-w32_{data}'])
    cfg = Config.fromfile(PEERS[name])
    for config in (ours, cfg):
        assert config.train_dataloader.dataset.pipeline == \
            config.train_pipeline
        config.train_pipeline = config.train_pipeline[:-3]
        config.train_dataloader.dataset.pipeline = config.train_pipeline
        for key in OF_THE_MODEL:
            config.model.pop(key, None)
        # HigherHRNet and AE read the finest map alone
        config.model.backbone.extra.stage4.pop('multiscale_output')
        for key in ('codec', 'fine_codec', 'order', 'targets',
                    'find_unused_parameters'):
            config.pop(key, None)
        for evaluator in (config.val_evaluator, config.test_evaluator):
            for key in OF_THE_EVALUATOR:
                evaluator.pop(key, None)
    assert cfg.to_dict() == ours.to_dict()


@pytest.mark.parametrize('peer', NAMES, indirect=True)
def test_model_fits_the_keypoints(peer):
    facts = keypoint_facts(peer)
    with torch.device('meta'):
        head = MODELS.build(peer.model.head)
    assert head.num_keypoints == facts['num_keypoints']
    order = peer.model.head.decoder.get('decode_keypoint_order')
    if order is not None:
        assert sorted(order) == list(range(facts['num_keypoints']))
        # first the head, and both of a pair one after the other
        assert 'head' in facts['keypoint_id2name'][order[0]] or \
            facts['keypoint_id2name'][order[0]] == 'nose'
        assert sorted(order) != order


@pytest.mark.slow
@pytest.mark.parametrize(
    'peer', [f'{model}_hrnet-w32_ochuman' for model in RIVALS], indirect=True)
def test_where_nobody_is_no_process_waits_for_a_gradient(
        peer, drawn_truth, tmp_path):
    """DDP waits for one of each weight, unless the config says otherwise."""
    drawn_truth(keypoint_facts(peer)['num_keypoints'])
    truth = json.loads((tmp_path / 'truth.json').read_text())
    for person in truth['annotations']:  # out of the picture
        person['bbox'][0] -= 1000
        person['keypoints'][::3] = [x - 1000 for x in person['keypoints'][::3]]
    (tmp_path / 'truth.json').write_text(json.dumps(truth))
    peer = shrink(peer, 128)
    data = name_data(peer, 'train_dataloader', tmp_path)
    peer.model.backbone.init_cfg = None
    model = MODELS.build(peer.model).train()
    batch = model.data_preprocessor(pseudo_collate([data[0]] * 2), True)
    loss, _ = model.parse_losses(model(**batch, mode='loss'))
    loss.backward()
    without = [
        name for name, weight in model.named_parameters()
        if weight.requires_grad and weight.grad is None
    ]
    assert bool(without) == peer.get('find_unused_parameters', False)


@pytest.mark.parametrize('model, theirs', [
    ('dekr', 'dekr/coco/dekr_hrnet-w32_8xb10-140e_coco-512x512'),
    ('dekr', 'dekr/crowdpose/dekr_hrnet-w32_8xb10-300e_crowdpose-512x512'),
    ('cid', 'cid/coco/cid_hrnet-w32_8xb20-140e_coco-512x512'),
])
def test_the_model_is_mmposes_own(model, theirs):
    data = theirs.split('/')[1]
    cfg = Config.fromfile(PEERS[f'{model}_hrnet-w32_{data}'])
    published = get_config(f'mmpose::body_2d_keypoint/{theirs}.py')
    # it scores poses anew, with weights of another training
    published.model.head.pop('rescore_cfg', None)
    assert cfg.model.head == published.model.head
    assert cfg.model.backbone == published.model.backbone
    assert cfg.model.neck == published.model.neck
    assert cfg.model.get('train_cfg') == published.model.get('train_cfg')
    for key, value in published.model.test_cfg.items():
        assert cfg.model.test_cfg[key] == value
    assert targets(cfg).encoder == published.codec
    # CocoMetric's defaults
    for key, default in (('score_mode', 'bbox_keypoint'),
                         ('nms_mode', 'oks_nms'), ('nms_thr', 0.9)):
        assert cfg.test_evaluator.get(key, default) == \
            published.test_evaluator.get(key, default)


@pytest.mark.parametrize('data', DATA)
def test_associative_embedding_is_as_published(data):
    """HigherHRNet's paper, and AE as its authors train it on HRNet."""
    higher, ae = (
        Config.fromfile(PEERS[f'{name}_hrnet-w32_{data}'])
        for name in ('higherhrnet', 'ae'))
    coarse, fine = targets(higher).encoder
    assert targets(ae).encoder == [coarse]
    assert coarse.heatmap_size == (128, 128)
    assert fine == dict(coarse, heatmap_size=(256, 256))
    assert coarse.sigma == 2
    for cfg in (higher, ae):
        assert cfg.model.head.decoder.heatmap_size == (512, 512)
        assert cfg.model.head.tag_loss.loss_weight == 0.001
        assert cfg.model.test_cfg.flip_test


@pytest.mark.parametrize('peer', RTMO, indirect=True)
def test_rtmo_is_as_published_but_for_its_data(peer):
    data = 'crowdpose' if 'crowdpose' in peer.filename else 'coco'
    epochs = 700 if data == 'crowdpose' else 600
    published = get_config(f'mmpose::body_2d_keypoint/rtmo/{data}/'
                           f'rtmo-s_8xb32-{epochs}e_{data}-640x640.py')
    peer = without_scope(peer)
    assert peer.model == published.model
    for key in ('train_cfg', 'optim_wrapper', 'param_scheduler',
                'custom_hooks'):
        assert peer[key] == published[key]
    name = next(name for name in DATA if name in peer.filename)
    ours = Config.fromfile(PATHS[f'pinet_hrnet-w32_{name}'])
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        assert peer[loader].dataset.pipeline == \
            published[loader].dataset.pipeline
        theirs, our = (files(cfg[loader].dataset) for cfg in (peer, ours))
        assert theirs == our
    truth = files(ours.val_dataloader.dataset)[0]
    assert peer.val_evaluator.get('ann_file', truth) == truth


def without_scope(cfg):
    """The config without what MMEngine adds to a base of another package."""

    def strip(value):
        if isinstance(value, dict):
            return {
                key: strip(item)
                for key, item in value.items() if key != '_scope_'
            }
        if isinstance(value, (list, tuple)):
            return type(value)(map(strip, value))
        return value

    return Config(strip(cfg.to_dict()), filename=cfg.filename)


def files(dataset):
    """Where a dataset reads annotations and images."""
    return [
        dataset.data_root + file
        for file in (dataset.ann_file, dataset.data_prefix.img)
    ]


def small_run(cfg, tmp_path):
    """The config's run on two pictures, with a slim HRNet at 128 px."""
    stage = cfg.model.backbone.extra.stage4
    slim = Config.fromfile(PATHS[TINY]).model.backbone
    slim.extra.stage4.multiscale_output = stage.multiscale_output
    channels = slim.extra.stage4.num_channels
    cfg.model.backbone = slim
    cfg.model.head.in_channels = (
        sum(channels) if stage.multiscale_output else channels[0])
    shrink(cfg, 128)
    for name in ('train', 'val', 'test'):
        loader = f'{name}_dataloader'
        name_data(cfg, loader, tmp_path)
        cfg[loader].update(num_workers=0, persistent_workers=False)
    cfg.train_dataloader.dataset.pop('filter_cfg', None)
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    cfg.default_hooks.checkpoint = None
    cfg.pop('sync_bn')  # on CPUs, as tools/ do
    cfg.work_dir, cfg.log_level = str(tmp_path / 'run'), 'ERROR'
    return Runner.from_cfg(cfg)


# every day with CrowdPose's fewer joints, which what is written for 17 fails
@pytest.mark.parametrize(
    'peer', [
        pytest.param(
            name, marks=[pytest.mark.slow] * ('crowdpose' not in name))
        for name in NAMES
    ],
    indirect=True)
def test_a_run_trains_validates_and_tests(peer, drawn_truth, tmp_path):
    drawn_truth(keypoint_facts(peer)['num_keypoints'])
    prefix = peer.default_hooks.checkpoint.save_best
    runner = small_run(peer, tmp_path)
    before = runner.model.backbone.conv1.weight.clone()
    runner.train()
    assert not torch.equal(runner.model.backbone.conv1.weight.cpu(), before)
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert 0 < losses[-1] < np.inf
    assert 0 <= runner.test()[prefix] <= 1
