"""A run whose config or data cannot be right ends before it starts."""
import json
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.datasets.datasets import CocoDataset

import mmpose_pinet  # noqa: F401  registers the hook

CONFIG = Path(__file__).resolve().parents[2] / \
    'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'


def write_labels(path, **image):
    person = dict(
        id=1,
        image_id=1,
        category_id=1,
        bbox=[5, 5, 40, 40],
        area=1600,
        iscrowd=0,
        num_keypoints=17,
        keypoints=[20, 20, 2] * 17)
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        json.dumps(
            dict(
                images=[
                    dict(
                        id=1, file_name='1.png', width=64, height=64, **image)
                ],
                annotations=[person],
                categories=[dict(id=1, name='person')])))


@pytest.fixture
def cfg(tmp_path):
    """The demo's config, on labels of one image."""
    for name in ('train', 'val'):
        write_labels(tmp_path / f'annotations/{name}.json', crowdIndex=0.3)
    init_default_scope('mmpose')
    cfg = Config.fromfile(CONFIG)
    cfg.work_dir = str(tmp_path / 'work')
    cfg.log_level = 'ERROR'
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        cfg[loader].dataset.data_root = str(tmp_path)
    return cfg


class Started(Exception):
    """The run would go on."""


class StopHook(Hook):

    def before_run(self, runner):
        raise Started


def start(cfg, run='train'):
    runner = Runner.from_cfg(cfg)
    runner.register_hook(StopHook(), priority='LOWEST')
    getattr(runner, run)()


@pytest.mark.parametrize('run', ['train', 'val', 'test'])
def test_a_config_of_ours_starts(cfg, run):
    with pytest.raises(Started):
        start(cfg, run)


# --- crowdIndex -------------------------------------------------------------


@pytest.mark.parametrize('run', ['train', 'val', 'test'])
def test_images_without_crowd_index_cannot_be_split_by_it(cfg, tmp_path, run):
    write_labels(tmp_path / 'annotations/val.json')
    loop = 'test' if run == 'test' else 'val'
    with pytest.raises(
            ValueError,
            match=f"drawn-crowd.py: {loop}_evaluator has iou_type="
            r"'keypoints_crowd'.*1 of the 1.*annotations/val\.json.*image 1"):
        start(cfg, run)


def test_the_evaluators_own_file_is_the_one_that_counts(cfg, tmp_path):
    write_labels(tmp_path / 'other.json')
    cfg.test_evaluator.ann_file = str(tmp_path / 'other.json')
    with pytest.raises(ValueError, match=r'other\.json.*no crowdIndex'):
        start(cfg, 'test')


def test_crowd_index_is_not_needed_where_nothing_is_split_by_it(cfg, tmp_path):
    write_labels(tmp_path / 'annotations/val.json')
    cfg.val_evaluator.iou_type = 'keypoints'
    with pytest.raises(Started):
        start(cfg)


# --- mirror images ----------------------------------------------------------


def set_parts(cfg, parts):
    """The left arm alone, say, in both codecs."""
    cfg.model.head.decoder.parts = parts
    cfg.train_dataloader.dataset.pipeline[4].encoder.parts = parts


@pytest.mark.parametrize('run, loop', [('train', 'val'), ('test', 'test')])
def test_parts_without_mirror_image_cannot_be_flip_tested(cfg, run, loop):
    set_parts(cfg, [[5, 7, 9]])
    with pytest.raises(
            ValueError,
            match=rf'model\.head\.decoder.*{loop}_dataloader.*'
            r'parts\[0\]=\[5, 7, 9\].*\[6, 8, 10\].*flip_test=False'):
        start(cfg, run)


def test_parts_need_no_mirror_image_without_flip_test(cfg):
    set_parts(cfg, [[5, 7, 9]])
    cfg.model.test_cfg.flip_test = False
    with pytest.raises(Started):
        start(cfg)


# --- two codecs -------------------------------------------------------------


def test_codecs_at_odds_are_named_with_what_differs(cfg):
    cfg.model.head.decoder.update(parts='head', sigma=3.)
    with pytest.raises(ValueError) as error:
        start(cfg)
    message = str(error.value)
    for said in ('train_dataloader.dataset.pipeline', 'model.head.decoder',
                 'parts=', '[[0, 1, 2, 3, 4]] in the head',
                 'sigma=2.0 in the pipeline but 3.0 in the head'):
        assert said in message
    assert 'radius' not in message


def test_a_codec_of_another_kind_is_at_odds(cfg):
    cfg.train_dataloader.dataset.pipeline[4].encoder = dict(
        type='SPR', input_size=(256, 256), heatmap_size=(64, 64))
    with pytest.raises(ValueError, match='type=SPR in the pipeline'):
        start(cfg)


def test_the_heads_codec_alone_decides_how_peaks_are_found(cfg):
    cfg.model.head.decoder.update(decode_thr=0.1, decode_max_instances=5)
    with pytest.raises(Started):
        start(cfg)


def test_a_test_needs_no_training_pipeline(cfg):
    cfg.model.head.decoder.sigma = 3.
    with pytest.raises(Started):
        start(cfg, 'test')


def wrapped(dataset, wrapper):
    if wrapper == 'RepeatDataset':
        return dict(type=wrapper, times=2, dataset=dataset), '.dataset'
    if wrapper == 'ConcatDataset':
        return dict(type=wrapper, datasets=[dataset]), '.datasets[0]'
    metainfo = dict(from_file='configs/_base_/datasets/coco.py')
    if wrapper == 'CombinedDataset':
        return dict(
            type=wrapper, metainfo=metainfo,
            datasets=[dataset]), '.datasets[0]'
    # the wrapper has the pipeline
    pipeline = dataset.pop('pipeline')
    return dict(
        type='CombinedDataset',
        metainfo=metainfo,
        datasets=[dict(dataset, pipeline=[])],
        pipeline=pipeline), ''


WRAPPERS = [
    'RepeatDataset', 'ConcatDataset', 'CombinedDataset', 'CombinedDataset with'
    ' the pipeline'
]


@pytest.mark.parametrize('wrapper', WRAPPERS)
def test_wrapped_datasets_are_looked_into(cfg, wrapper):
    cfg.train_dataloader.dataset, key = wrapped(cfg.train_dataloader.dataset,
                                                wrapper)
    with pytest.raises(Started):
        start(cfg)
    cfg.model.head.decoder.sigma = 3.
    with pytest.raises(ValueError) as error:
        start(cfg)
    assert f'train_dataloader.dataset{key}.pipeline' in str(error.value)


@pytest.mark.parametrize('wrapper', WRAPPERS)
def test_wrapped_datasets_are_tested(cfg, wrapper, tmp_path):
    cfg.test_dataloader.dataset, _ = wrapped(cfg.test_dataloader.dataset,
                                             wrapper)
    with pytest.raises(Started):
        start(cfg, 'test')
    write_labels(tmp_path / 'annotations/val.json')
    with pytest.raises(ValueError, match=r'annotations/val\.json'):
        start(cfg, 'test')


# --- keypoints --------------------------------------------------------------


def test_data_of_another_number_of_keypoints(cfg):
    cfg.train_dataloader.dataset.type = 'CrowdPoseDataset'
    with pytest.raises(ValueError) as error:
        start(cfg)
    _, odd = str(error.value).splitlines()
    assert 'train_dataloader.dataset has 14 keypoints, but the head 17' in odd


def test_data_whose_keypoints_have_other_names(cfg, tmp_path):
    """All that differ, of each dataset of the run."""
    coco = CocoDataset._load_metainfo()
    names = dict(coco['keypoint_id2name'])
    names.update({1: 'right_eye', 2: 'left_eye'})
    swaps = {names[k]: names[coco['flip_indices'][k]] for k in names}
    swaps['left_ankle'] = swaps['right_ankle'] = ''
    info = dict(
        dataset_name='coco',
        keypoint_info={
            k: dict(name=name, swap=swaps[name])
            for k, name in names.items()
        },
        skeleton_info={},
        joint_weights=[1.] * 17,
        sigmas=coco['sigmas'].tolist())
    path = tmp_path / 'other.py'
    path.write_text(f'dataset_info = {info!r}\n')
    for loader in ('train_dataloader', 'val_dataloader'):
        cfg[loader].dataset.metainfo = dict(from_file=str(path))
    with pytest.raises(ValueError) as error:
        start(cfg)
    _, *odds = str(error.value).splitlines()
    eyes = ("has 'right_eye' as keypoint 1, but skeleton='coco' 'left_eye'",
            "has 'left_eye' as keypoint 2, but skeleton='coco' 'right_eye'")
    ankles = ("has 'left_ankle' as mirror image of 'left_ankle', but "
              "skeleton='coco' 'right_ankle'",
              "has 'right_ankle' as mirror image of 'right_ankle', but "
              "skeleton='coco' 'left_ankle'")
    assert odds == [
        f'- {loop}_dataloader.dataset {odd}' for loop in ('train', 'val')
        for odd in (*eyes, *ankles)
    ]
