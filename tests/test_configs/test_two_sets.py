"""The page's config trains on two sets of different keypoints at once."""
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from config_files import CONFIGS
from drawn_sets import draw_set
from mmengine.config import Config
from mmengine.runner import Runner
from mmpose.registry import DATASETS, MODELS

from mmpose_pinet.apis.check_data import check_data

PAGE = CONFIGS.parents[1] / 'docs/several_sets.md'


@pytest.fixture
def cfg(tmp_path):
    code, = re.findall(r'```python\n(.*?)```', PAGE.read_text(), re.DOTALL)
    paper = 'mmpose_pinet::pinet/pinet_hrnet-w32_ochuman.py'
    assert paper in code
    code = code.replace(paper, f'{CONFIGS}/pinet_hrnet-tiny_drawn-crowd.py')
    (tmp_path / 'two_sets.py').write_text(code)
    cfg = Config.fromfile(tmp_path / 'two_sets.py')
    for seed, subset in enumerate(cfg.train_dataloader.dataset.datasets):
        draw_set(tmp_path / f'set{seed}', subset, seed)
    return cfg


def test_pictures_of_both_come_with_the_keypoints_of_the_model(cfg):
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    assert len(dataset) == 4 + 1  # all of one, a quarter of the other
    of_crowdpose = dataset.get_data_info(4)
    assert of_crowdpose['keypoints'].shape[1:] == (17, 2)
    labelled = of_crowdpose['keypoints_visible'][..., 0] > 0
    assert not labelled[:, :5].any() and labelled[:, 5:].any()
    truth = json.loads(
        Path(cfg.train_dataloader.dataset.datasets[1].data_root,
             'annotations/train.json').read_text())
    joints = np.reshape([
        person['keypoints'] for person in truth['annotations']
        if person['image_id'] == of_crowdpose['img_id']
    ], (-1, 14, 3))
    np.testing.assert_allclose(of_crowdpose['keypoints'][:, 5:],
                               joints[:, :12, :2])


def test_a_step_learns_from_both(cfg):
    """And a face that nobody labelled teaches nothing."""
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    codec = MODELS.build(cfg.model.head).decoder
    np.random.seed(0)  # of crops
    samples = [dataset[0], dataset[4]]
    for sample, taught in zip(samples, (True, False)):
        labels = sample['data_samples'].gt_instance_labels
        heatmaps = sample['data_samples'].gt_fields.heatmaps
        assert labels.displacement_weights[:, 5:].any()
        assert bool(labels.displacement_weights[:, :5].any()) == taught
        assert bool(heatmaps[:5].any()) == taught
        assert heatmaps.shape[0] == 17 + codec.num_parts


def test_a_run_trains_and_validates(cfg, tmp_path):
    folder = cfg.train_dataloader.dataset.datasets[0].data_root
    cfg.merge_from_dict(
        dict(
            work_dir=str(tmp_path / 'work'),
            log_level='ERROR',
            train_cfg=dict(max_epochs=1, val_interval=1),
            val_dataloader=dict(
                dataset=dict(
                    data_root=folder,
                    ann_file='annotations/train.json',
                    data_prefix=dict(img='train/'))),
            val_evaluator=dict(ann_file=f'{folder}/annotations/train.json'),
            test_cfg=None,
            test_dataloader=None,
            test_evaluator=None))
    runner = Runner.from_cfg(cfg)
    before = runner.model.head.point_layer.weight.clone()
    runner.train()
    assert runner.iter == 2  # of 4 pictures and of 1
    assert not torch.equal(runner.model.head.point_layer.weight, before)
    assert 0 <= runner.message_hub.get_scalar('val/coco/AP').current() <= 1


def test_the_data_of_both_are_checked(cfg, tmp_path):
    for subset, lost in zip(cfg.train_dataloader.dataset.datasets, '12'):
        picture = Path(subset.data_root, f'train/00000{lost}.jpg')
        picture.unlink()
    for loader in cfg.val_dataloader, cfg.test_dataloader:
        loader.dataset.update(
            data_root=subset.data_root, ann_file='annotations/train.json')
    cfg.dump(tmp_path / 'dumped.py')
    told = check_data(str(tmp_path / 'dumped.py')).report()
    assert '000001.jpg' in told and '000002.jpg' in told
