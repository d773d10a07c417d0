"""Bad input ends in one error that names the file or key to look at."""
import json
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import DATASETS, MODELS

from mmpose_pinet.datasets.drawn import draw_crowd

CONFIGS = Path(__file__).resolve().parents[1] / 'configs/pinet'


@pytest.fixture
def cfg():
    init_default_scope('mmpose')
    return Config.fromfile(CONFIGS / 'pinet_hrnet-tiny_drawn-crowd.py')


@pytest.fixture
def crowd(tmp_path):
    draw_crowd(tmp_path, 2, split='train', image_size=64, num_workers=1)
    return tmp_path


def test_missing_annotation_file(cfg, tmp_path):
    cfg.train_dataloader.dataset.data_root = str(tmp_path)
    with pytest.raises(FileNotFoundError, match=r'annotations/train\.json'):
        DATASETS.build(cfg.train_dataloader.dataset)


def test_broken_image_file(cfg, crowd):
    first = json.loads(
        (crowd / 'annotations/train.json').read_text())['images'][0]
    (crowd / 'train' / first['file_name']).write_bytes(b'no picture')
    cfg.train_dataloader.dataset.data_root = str(crowd)
    cfg.train_dataloader.update(
        num_workers=0, persistent_workers=False, batch_size=2)
    with pytest.raises(Exception, match=first['file_name']):
        next(iter(Runner.build_dataloader(cfg.train_dataloader)))


@pytest.mark.parametrize('key, value, message', [
    ('decoder.parts', [[0, 1], [16, 17]], r'parts\[1\].*17'),
    ('decoder.parts', 'limbs', "parts='limbs'.*'part-large'"),
    ('decoder.skeleton', 'horse', "skeleton='horse'.*'coco'"),
    ('refinement.skeleton', 'crowdpose', "skeleton='crowdpose'.*14.*17"),
    ('refinement.graph', 'moving', "graph='moving'.*'dynamic'"),
    ('num_keypoints', 14, "skeleton='coco'.* 17 .*num_keypoints=14"),
    ('post_processor.sigmas', [0.1] * 14, 'sigmas.*14.*17'),
])
def test_config_at_odds_with_itself(cfg, key, value, message):
    cfg.merge_from_dict({f'model.head.{key}': value})
    with pytest.raises(ValueError, match=message):
        MODELS.build(cfg.model)
