"""Other authors' models in PINet's setting: they differ by the model alone."""
import numpy as np
import pytest
import torch
from config_files import PATHS, PEERS, TINY, name_data, pipeline_step
from mmengine.config import Config
from mmengine.runner import Runner

HIGHER = 'higherhrnet_hrnet-w32_coco'


def test_higher_hrnet_trains_in_pinets_setting():
    """All but the model, its targets, and what scores a person."""
    stock = Config.fromfile(PATHS['pinet_hrnet-w32_coco'])
    cfg = Config.fromfile(PEERS[HIGHER])
    stage = cfg.model.backbone.extra.stage4
    assert stage.pop('multiscale_output') is False
    stock.model.backbone.extra.stage4.pop('multiscale_output')
    for config in (stock, cfg):
        config.model.pop('head')
        for key in ('codec', 'fine_codec'):
            config.pop(key, None)
        for key in ('val_evaluator', 'test_evaluator'):
            config[key].pop('score_mode')
        for pipeline in (config.train_pipeline,
                         config.train_dataloader.dataset.pipeline):
            step = pipeline_step(pipeline, 'GenerateTarget')
            step.pop('encoder')
            step.pop('multilevel', None)
    assert cfg.to_dict() == stock.to_dict()


def test_higher_hrnet_is_as_published():
    cfg = Config.fromfile(PEERS[HIGHER])
    coarse, fine = pipeline_step(cfg.train_dataloader.dataset.pipeline,
                                 'GenerateTarget').encoder
    assert coarse.heatmap_size == (128, 128)
    assert fine == dict(coarse, heatmap_size=(256, 256))
    assert cfg.model.head.decoder == dict(coarse, heatmap_size=(512, 512))
    assert coarse.sigma == 2
    assert cfg.model.head.tag_loss.loss_weight == 0.001
    assert sorted(coarse.decode_keypoint_order) == list(range(17))
    assert cfg.model.test_cfg.flip_test


def small_run(cfg, tmp_path):
    """The config's run on two pictures, with a slim HRNet at 128 px."""
    backbone = Config.fromfile(PATHS[TINY]).model.backbone
    backbone.extra.stage4.multiscale_output = False
    cfg.model.backbone = backbone
    cfg.model.head.in_channels = backbone.extra.stage4.num_channels[0]
    pipeline = cfg.train_dataloader.dataset.pipeline
    pipeline_step(pipeline, 'BottomupRandomAffine').input_size = (128, 128)
    encoders = pipeline_step(pipeline, 'GenerateTarget').encoder
    for codec, side in ((cfg.model.head.decoder, 128), (encoders[0], 32),
                        (encoders[1], 64)):
        codec.update(input_size=(128, 128), heatmap_size=(side, side))
    for name in ('train', 'val', 'test'):
        loader = f'{name}_dataloader'
        if name != 'train':
            pipeline_step(cfg[loader].dataset.pipeline,
                          'BottomupResize').input_size = (128, 128)
        name_data(cfg, loader, tmp_path)
        cfg[loader].update(num_workers=0, persistent_workers=False)
    cfg.train_dataloader.dataset.pop('filter_cfg', None)
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    cfg.default_hooks.checkpoint = None
    cfg.pop('sync_bn')  # on CPUs, as tools/ do
    cfg.work_dir, cfg.log_level = str(tmp_path / 'run'), 'ERROR'
    return Runner.from_cfg(cfg)


@pytest.mark.parametrize('name', PEERS)
def test_a_run_trains_validates_and_tests(name, drawn_truth, tmp_path):
    drawn_truth(17)
    runner = small_run(Config.fromfile(PEERS[name]), tmp_path)
    before = runner.model.backbone.conv1.weight.clone()
    runner.train()
    assert not torch.equal(runner.model.backbone.conv1.weight.cpu(), before)
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert 0 < losses[-1] < np.inf
    assert 0 <= runner.test()['coco/AP'] <= 1
