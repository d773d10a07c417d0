"""Nine keypoints of one's own: drawn, trained, tested and shown."""
import json
import re
import runpy

import cv2
import numpy as np
import pytest
from config_files import CONFIGS, pipeline_step
from mmengine.config import Config
from mmengine.runner import Runner
from mmpose.registry import KEYPOINT_CODECS, MODELS

from mmpose_pinet.visualization import draw_predictions

PATH = CONFIGS / 'pinet_hrnet-tiny_own-keypoints.py'
TOOL = CONFIGS.parents[1] / 'tools/dataset_converters/draw_geckos.py'
PAGE = CONFIGS.parents[1] / 'docs/own_keypoints.md'
LEFT = (0, 255, 0)  # the colour of the left side in the metainfo file


@pytest.fixture(scope='module')
def geckos(tmp_path_factory):
    folder = tmp_path_factory.mktemp('geckos')
    tool = runpy.run_path(str(TOOL))
    for seed, (split, number) in enumerate([('train', 300), ('val', 40)]):
        tool['write_set'](folder, split, number, seed)
    return folder


@pytest.fixture
def cfg(geckos, tmp_path):
    cfg = Config.fromfile(PATH)
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        cfg[loader].dataset.data_root = str(geckos)
    cfg.work_dir = str(tmp_path)
    cfg.log_level = 'ERROR'
    cfg.randomness = dict(seed=0)
    return cfg


def read_keypoints(geckos):
    """(N, 9, 3) of each training picture."""
    truth = json.loads((geckos / 'annotations/train.json').read_text())
    people = {image['id']: [] for image in truth['images']}
    for ann in truth['annotations']:
        people[ann['image_id']].append(np.reshape(ann['keypoints'], (-1, 3)))
    names = truth['categories'][0]['keypoints']
    return names, [np.stack(poses) for poses in people.values()]


def test_one_config_of_forty_lines_is_enough():
    assert len(PATH.read_text().splitlines()) <= 40


def test_targets_hold_the_geckos_that_are_drawn(cfg, geckos):
    """Encoded and decoded again, by the codec of the training pipeline."""
    targets = pipeline_step(cfg.train_dataloader.dataset.pipeline,
                            'GenerateTarget')
    assert targets.encoder == cfg.model.head.decoder
    codec = KEYPOINT_CODECS.build(targets.encoder)
    names, pictures = read_keypoints(geckos)
    assert codec.skeleton.names == names
    found = total = 0
    for geckos in pictures[:50]:
        points, labelled = geckos[..., :2], geckos[..., 2] > 0
        box = np.ptp(points, axis=1)
        encoded = codec.encode(points, labelled, box.prod(1))
        encoded.pop('heatmap_weights')
        encoded.pop('displacement_weights')
        poses, _ = codec.decode(**encoded)
        error = np.linalg.norm(
            poses[:, None] - points, axis=-1) * labelled  # (t, N, 9)
        error = error.max(-1)
        assert error.min(1).max() < 0.01  # each pose is a gecko
        found += (error.min(0) < 0.01).sum()  # each gecko has a pose
        total += len(geckos)
    assert found > 0.95 * total


@pytest.mark.slow
def test_trained_tested_and_drawn(cfg, tmp_path):
    runner = Runner.from_cfg(cfg)
    runner.train()
    checkpoint = (tmp_path / 'last_checkpoint').read_text()

    cfg.load_from = checkpoint
    cfg.experiment_name = 'test'
    scores = Runner.from_cfg(cfg).test()
    assert scores['coco/AP'] >= 0.6

    picture = tmp_path / 'geckos.png'
    draw_predictions(cfg, checkpoint, picture, num_images=2)
    drawn = cv2.imread(str(picture))
    # truth and prediction of two pictures of 128 px, twice as large
    assert drawn.shape == (256 + 16, 2 * (2 * 256 + 16), 3)
    prediction = drawn[:256, 256:512]
    assert (abs(prediction.astype(int) - LEFT).max(-1) < 40).sum() > 20


@pytest.fixture
def fish(tmp_path):
    """The config of the page, beside its metainfo file."""
    metainfo, config = re.findall(r'```python\n(.*?)```', PAGE.read_text(),
                                  re.DOTALL)
    (tmp_path / 'fish.py').write_text(metainfo)
    config = config.replace('mmpose_pinet::', f'{CONFIGS.parent}/')
    (tmp_path / 'pinet_fish.py').write_text(config)
    return Config.fromfile(tmp_path / 'pinet_fish.py')


def test_the_files_of_the_page_make_a_model(fish):
    head = MODELS.build(fish.model.head)
    assert head.num_keypoints == 5
    assert head.decoder.parts == [[0, 1, 2], [3], [3, 4]]
    assert head.post_processor.sigmas.tolist() == [0.04, 0.07, 0.07, 0.1, 0.06]
    links = (head.refinement.adjacency > 0).triu(1).nonzero().tolist()
    assert links == [[0, 1], [0, 2], [0, 3], [3, 4]]


def test_a_run_of_the_pages_files_starts(fish, tmp_path):
    """On the annotations of the page: all of the run is built and checked."""
    truth, = re.findall(r'```json\n(.*?)```', PAGE.read_text(), re.DOTALL)
    (tmp_path / 'annotations').mkdir()
    for split in ('train', 'val'):
        (tmp_path / f'annotations/{split}.json').write_text(truth)
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        fish[loader].dataset.data_root = str(tmp_path)
    fish.work_dir = str(tmp_path / 'work')
    fish.log_level = 'ERROR'
    fish.sync_bn = None  # no GPU
    runner = Runner.from_cfg(fish)
    for loop in (runner.train_loop, runner.val_loop, runner.test_loop):
        assert len(loop.dataloader.dataset) == 1
    check, = (
        hook for hook in runner.hooks if type(hook).__name__ == 'RunCheckHook')
    check.before_run(runner)
    fish_of_the_page = runner.train_loop.dataloader.dataset.get_data_info(0)
    assert fish_of_the_page['keypoints_visible'].tolist() == [[1, 1, 0, 1, 1]]
