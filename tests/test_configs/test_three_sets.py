"""A config that learns from three sets and is judged on each."""
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from config_files import PATHS, PLUS, THREE_SETS, TINY
from drawn_sets import draw_set
from mmengine.config import Config
from mmengine.runner import Runner
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS, EVALUATORS, MODELS

from mmpose_pinet.apis.check_data import check_data

SETS = ['coco', 'crowdpose', 'ochuman']
# of the 19 keypoints of the body, by what is labelled
ONLY_COCO, BOTH, ONLY_CROWDPOSE = range(5), range(5, 17), range(17, 19)


@pytest.fixture
def cfg(tmp_path):
    """The config on a slim HRNet, 128 px and drawn pictures."""
    cfg = Config.fromfile(PLUS[THREE_SETS])
    tiny = Config.fromfile(PATHS[TINY]).model
    cfg.model.update(backbone=tiny.backbone, neck=None)
    cfg.model.head.in_channels = tiny.head.in_channels
    small = dict(input_size=(128, 128))
    train = cfg.train_dataloader.dataset
    train.pipeline[1].update(small)
    for codec in cfg.model.head.decoder, train.pipeline[4].encoder:
        codec.update(small, heatmap_size=(32, 32))
    for number, (learned, tested, metric) in enumerate(
            zip(train.datasets, cfg.val_dataloader.dataset.datasets,
                cfg.val_evaluator.metrics)):
        draw_set(tmp_path / f'train{number}', learned, number)
        metric.ann_file = str(
            draw_set(tmp_path / f'val{number}', tested, 10 + number))
    cfg.val_dataloader.dataset.pipeline[1].update(small)
    cfg.test_dataloader = cfg.val_dataloader
    cfg.test_evaluator = cfg.val_evaluator
    for loader in cfg.train_dataloader, cfg.val_dataloader:
        loader.update(num_workers=0, persistent_workers=False)
    cfg.train_dataloader.batch_size = 4
    cfg.merge_from_dict(
        dict(work_dir=str(tmp_path / 'work'), log_level='ERROR'))
    return cfg


def test_each_set_teaches_what_it_labels(cfg):
    np.random.seed(0)  # in few of all crops nobody is large enough
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    assert len(dataset) == 12
    assert MODELS.build(cfg.model).head.num_keypoints == 19
    nobody = {0: ONLY_CROWDPOSE, 4: ONLY_COCO, 8: ONLY_CROWDPOSE}
    for first, unlabelled in nobody.items():
        info = dataset.get_data_info(first)
        assert info['keypoints'].shape[1:] == (19, 2)
        labelled = info['keypoints_visible'][..., 0] > 0
        assert not labelled[:, unlabelled].any()
        assert labelled[:, BOTH].any()
        weights = dataset[first]['data_samples'].gt_instance_labels
        assert not weights.displacement_weights[:, unlabelled].any()
        assert weights.displacement_weights[:, BOTH].any()


def judge(cfg, wrong):
    """AP of each set for its truth, some keypoints being far away."""
    dataset = DATASETS.build(cfg.val_dataloader.dataset)
    evaluator = EVALUATORS.build(cfg.val_evaluator)
    evaluator.dataset_meta = dataset.metainfo
    for number, (labelled, name) in enumerate(
            zip([[*ONLY_COCO, *BOTH], [*BOTH, *ONLY_CROWDPOSE],
                 [*ONLY_COCO, *BOTH]], SETS)):
        truth = json.loads(
            Path(cfg.val_evaluator.metrics[number].ann_file).read_text())
        persons = {}
        for person in truth['annotations']:
            keypoints = np.zeros((19, 2))
            keypoints[labelled] = np.reshape(person['keypoints'],
                                             (-1, 3))[:, :2]
            keypoints[list(wrong)] += 500
            persons.setdefault(person['image_id'], []).append(keypoints)
        for index in range(4 * number, 4 * number + 4):
            sample = dataset[index]['data_samples']
            assert sample.dataset_name == name
            found = np.array(persons[sample.img_id])
            sample.pred_instances = InstanceData(
                keypoints=found, keypoint_scores=np.ones(found.shape[:2]))
            evaluator.process([sample],
                              dict(inputs=[0], data_samples=[sample]))
    scores = evaluator.evaluate(12)
    return [scores[f'{name}/AP'] for name in SETS]


@pytest.mark.parametrize('wrong, right', [
    ([], [True, True, True]),
    (ONLY_COCO, [False, True, False]),
    (ONLY_CROWDPOSE, [True, False, True]),
    (BOTH, [False, False, False]),
])
def test_each_set_is_judged_by_its_own_keypoints(cfg, wrong, right):
    for ap, whole in zip(judge(cfg, wrong), right):
        assert (ap == pytest.approx(1)) == whole


def test_a_run_trains_and_tells_the_ap_of_each(cfg):
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    runner = Runner.from_cfg(cfg)
    before = runner.model.head.point_layer.weight.clone()
    runner.train()
    assert runner.iter == 3
    assert not torch.equal(runner.model.head.point_layer.weight, before)
    for name in SETS:
        ap = runner.message_hub.get_scalar(f'val/{name}/AP').current()
        assert 0 <= ap <= 1
    assert 0 <= runner.message_hub.get_scalar(
        'val/crowdpose/AP(H)').current() <= 1


def test_the_data_of_all_are_checked(cfg, tmp_path):
    for folder, lost in ('train0', 1), ('train1', 2), ('val2', 3):
        next((tmp_path / folder).glob(f'*/00000{lost}.jpg')).unlink()
    cfg.dump(tmp_path / 'dumped.py')
    told = check_data(str(tmp_path / 'dumped.py')).report()
    for lost in 1, 2, 3:
        assert f'00000{lost}.jpg' in told
