"""Mask R-CNN's keypoint head on PINet's data."""
import numpy as np
import pytest
from config_files import OCHUMAN, PATHS, PEERS, name_data, pipeline_step
from mmengine.config import Config
from mmengine.runner import Runner

# what is its own: how it learns, and who ranks persons
OWN = ('model', 'auto_scale_lr', 'optim_wrapper', 'param_scheduler',
       'custom_hooks', 'val_evaluator', 'test_evaluator', 'codec', 'targets')
# few boxes: each passes eight convolutions of 512 channels
FEW = dict(
    box_batch_size_per_image=8,
    rpn_batch_size_per_image=32,
    rpn_post_nms_top_n_train=20,
    rpn_post_nms_top_n_test=5)


@pytest.fixture
def cfg():
    return Config.fromfile(PEERS['mask-rcnn_res50-fpn_ochuman'])


def test_data_and_epochs_are_pinets(cfg):
    pinet = Config.fromfile(PATHS[OCHUMAN])
    assert cfg.param_scheduler[1:] == pinet.param_scheduler
    for config in (cfg, pinet):
        assert config.train_dataloader.dataset.pipeline == \
            config.train_pipeline
        config.train_pipeline = [
            step for step in config.train_pipeline
            if step.type not in ('GenerateTarget', 'BottomupCrowdMask')
        ]
        config.train_dataloader.dataset.pipeline = config.train_pipeline
        config.train_dataloader.pop('batch_size')
        for key in OWN:
            config.pop(key, None)
    assert cfg.to_dict() == pinet.to_dict()


def test_a_run_trains_validates_and_tests(cfg, drawn_truth, tmp_path):
    drawn_truth(17)
    cfg.model.update(backbone='resnet18', network=FEW, init_cfg=None)
    pipeline_step(cfg.train_dataloader.dataset.pipeline,
                  'BottomupRandomAffine').input_size = (64, 64)
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        if loader != 'train_dataloader':
            pipeline_step(cfg[loader].dataset.pipeline,
                          'BottomupBoundedResize').input_size = (64, 64)
        name_data(cfg, loader, tmp_path)
        cfg[loader].update(num_workers=0, persistent_workers=False)
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    cfg.default_hooks.checkpoint = None
    cfg.pop('sync_bn')  # on CPUs, as tools/ do
    cfg.work_dir, cfg.log_level = str(tmp_path / 'run'), 'ERROR'
    runner = Runner.from_cfg(cfg)
    runner.train()
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert 0 < losses[-1] < np.inf
    assert 0 <= runner.test()['coco/AP'] <= 1
