"""AP by crowd level: which image is in which bin, and what AP a bin has."""
import json
import os
from functools import partial

import numpy as np
import pytest
from gloo import run_in
from mmengine.dataset import DefaultSampler
from mmengine.logging import MessageHub
from mmpose.registry import METRICS
from xtcocotools.coco import COCO

from mmpose_pinet.evaluation import crowd_level_metric
from mmpose_pinet.evaluation.crowd_level_metric import (CROWDINGS, assign_bins,
                                                        bin_names,
                                                        image_crowding)

SIDE = 100
# how far the second person of each image stands from the first, in px; their
# boxes' IoU is (SIDE - shift) / (SIDE + shift)
SHIFTS = [0, 5, 10, 20, 25, 40, 60, 80, 120]
LEVELS = [max(0, (SIDE - s) / (SIDE + s)) for s in SHIFTS]
ALL_IMAGES = list(range(100, 100 + len(SHIFTS)))
BINS = [0, 0.2, 0.4, 0.6, 0.8, 1]
IOU_TYPES = ['keypoints', 'keypoints_crowd']


def person(ann_id, image_id, left, rng):
    """A person in a box of SIDE px, 17 labelled joints."""
    points = rng.uniform(0, SIDE, (17, 2)) + [left, 50]
    return dict(
        id=ann_id,
        image_id=image_id,
        category_id=1,
        bbox=[left, 50, SIDE, SIDE],
        area=SIDE**2,
        iscrowd=0,
        num_keypoints=17,
        keypoints=np.column_stack([points, np.full(17, 2)]).ravel().tolist())


def write_annotations(path, image_ids):
    """Images of two persons each, as SHIFTS says, ids from 100."""
    rng = np.random.default_rng(0)
    annotations = [
        person(2 * i + j, 100 + i, 50 + j * shift, rng)
        for i, shift in enumerate(SHIFTS) for j in range(2)
    ]
    content = dict(
        images=[
            dict(
                id=i,
                width=400,
                height=200,
                file_name=f'{i}.jpg',
                crowdIndex=LEVELS[i - 100]) for i in image_ids
        ],
        annotations=[a for a in annotations if a['image_id'] in image_ids],
        categories=[dict(id=1, name='person')])
    path.write_text(json.dumps(content))
    return str(path)


@pytest.fixture
def ann_file(tmp_path):
    return write_annotations(tmp_path / 'crowd.json', ALL_IMAGES)


def predictions(ann_file, noise):
    """The truth of each image, moved by ``noise(image_id)`` px."""
    coco = COCO(ann_file)
    rng = np.random.default_rng(1)
    samples = []
    for image_id in coco.getImgIds():
        anns = coco.imgToAnns[image_id]
        truth = np.array([a['keypoints'] for a in anns]).reshape(-1, 17, 3)
        moved = truth[..., :2] + rng.normal(0, noise(image_id),
                                            (len(truth), 17, 2))
        samples.append(
            dict(
                id=[a['id'] for a in anns],
                img_id=image_id,
                gt_instances={},
                pred_instances=dict(
                    keypoints=moved,
                    keypoint_scores=rng.uniform(0.5, 1, (len(truth), 17)))))
    return samples


def evaluate(ann_file,
             samples,
             type='CrowdLevelMetric',
             dataset_name='crowd_of_a_test',
             size=None,
             **kwargs):
    metric = METRICS.build(
        dict(
            type=type,
            ann_file=ann_file,
            nms_mode='none',
            score_mode='keypoint',
            **kwargs))
    metric.dataset_meta = dict(
        dataset_name=dataset_name,
        num_keypoints=17,
        CLASSES=[dict(id=1, name='person')],
        sigmas=np.full(17, 0.05))
    metric.process([], samples)
    return metric.evaluate(size or len(samples))


def growing_noise(image_id):
    return 3 + (image_id - 100)


def box_and_joint(ann_id, image_id, box, joint):
    """A person of one labelled keypoint, at ``joint``; None: unlabelled."""
    x, y, v = (0, 0, 0) if joint is None else (*joint, 2)
    return dict(
        id=ann_id,
        image_id=image_id,
        category_id=1,
        bbox=box,
        keypoints=[x, y, v, 0, 0, 0],
        iscrowd=0)


@pytest.mark.parametrize(
    'crowding, expected',
    [
        ('max_iou', 50 / 150),
        # the third person touches nobody
        ('mean_iou', (50 / 150 + 50 / 150 + 0) / 3),
        # the second one's joint lies in the first one's box too
        ('crowd_index', (1 + 0) / 2),
    ])
def test_an_image_is_as_crowded_as_its_measure_says(tmp_path, crowding,
                                                    expected):
    annotations = [
        box_and_joint(0, 1, [0, 0, 10, 10], (1, 1)),
        box_and_joint(1, 1, [5, 0, 10, 10], (7, 5)),
        box_and_joint(2, 1, [30, 30, 10, 10], None),  # has a box alone
        dict(box_and_joint(3, 1, [0, 0, 10, 10], (1, 1)),
             iscrowd=1),  # a crowd region counts for nobody
        box_and_joint(4, 1, [0, 0, 0, 10], None),  # nor does an empty box
        box_and_joint(9, 2, [0, 0, 10, 10], (1, 1)),
    ]
    path = tmp_path / 'crowding.json'
    path.write_text(
        json.dumps(
            dict(
                images=[dict(id=i) for i in (1, 2, 3)],
                annotations=annotations,
                categories=[dict(id=1)])))
    # three persons, one, nobody
    assert image_crowding(COCO(str(path)), crowding) == {
        1: pytest.approx(expected),
        2: 0,
        3: 0
    }


def test_bins_hold_their_lower_edge_and_the_last_its_upper_too():
    edges = [0.5, 0.6, 0.75, 1.]
    levels = [0, 0.499, 0.5, 0.599, 0.6, 0.7, 0.75, 0.999, 1.]
    found = assign_bins(np.array(levels), np.array(edges))
    for level, index in zip(levels, found):
        holding = [
            i for i in range(3)
            if edges[i] <= level < edges[i + 1] or (i == 2 and level == 1)
        ]
        assert [i for i in range(3) if i == index] == holding
    assert bin_names(
        np.array(edges)) == ['[0.5, 0.6)', '[0.6, 0.75)', '[0.75, 1]']


@pytest.mark.parametrize('iou_type', IOU_TYPES)
def test_the_whole_set_is_evaluated_as_by_coco_metric(ann_file, iou_type):
    samples = predictions(ann_file, growing_noise)
    plain = evaluate(ann_file, samples, type='CocoMetric', iou_type=iou_type)
    ours = evaluate(ann_file, samples, iou_type=iou_type)
    assert 0 < plain['coco/AP'] < 1
    assert {name: ours[name] for name in plain} == plain


@pytest.mark.parametrize('iou_type', IOU_TYPES)
def test_a_bin_is_evaluated_as_a_set_of_its_images_alone(
        ann_file, tmp_path, iou_type):
    samples = predictions(ann_file, growing_noise)
    ours = evaluate(ann_file, samples, bins=BINS, iou_type=iou_type)
    values = set()
    for i, (low, high) in enumerate(zip(BINS, BINS[1:])):
        members = [
            image_id for image_id, level in zip(ALL_IMAGES, LEVELS)
            if low <= level < high or level == high == 1
        ]
        assert members
        alone = evaluate(
            write_annotations(tmp_path / f'{i}.json', members),
            [s for s in samples if s['img_id'] in members],
            type='CocoMetric')
        close = ']' if high == 1 else ')'
        assert ours[
            f'coco/AP mean_iou [{low:g}, {high:g}{close}'] == pytest.approx(
                alone['coco/AP'])
        values.add(alone['coco/AP'])
    assert len(values) > 3


def test_poses_right_in_crowds_alone_score_in_crowds_alone(ann_file):
    """Exact where the boxes overlap by 0.6 or more, far off elsewhere."""
    crowded = {i for i, level in zip(ALL_IMAGES, LEVELS) if level >= 0.6}
    samples = predictions(ann_file, lambda i: 0 if i in crowded else 1000)
    ours = evaluate(ann_file, samples, bins=[0, 0.6, 1], prefix='crowd')
    assert ours['crowd/AP mean_iou [0.6, 1]'] == pytest.approx(1)
    assert ours['crowd/AP mean_iou [0, 0.6)'] == 0


def test_a_bin_of_no_person_reports_nothing_and_says_so(ann_file, monkeypatch):
    said = []
    monkeypatch.setattr(crowd_level_metric, 'print_log',
                        lambda text, logger: said.append(text))
    samples = predictions(ann_file, growing_noise)
    ours = evaluate(ann_file, samples, bins=[0.96, 0.98, 1])
    assert [name for name in ours
            if '[' in name] == ['coco/AP mean_iou [0.98, 1]']
    empty, full = (line.split() for line in said[0].splitlines()[-2:])
    assert empty == ['[0.96,', '0.98)', '0', 'no', 'person']
    assert full[:3] == ['[0.98,', '1]', '1']


def test_nobody_found_is_zero(ann_file):
    samples = predictions(ann_file, growing_noise)
    for sample in samples:
        sample['pred_instances'] = dict(
            keypoints=np.zeros((0, 17, 2)), keypoint_scores=np.zeros((0, 17)))
    assert evaluate(
        ann_file, samples, bins=[0, 1])['coco/AP mean_iou [0, 1]'] == 0


def test_annotations_come_from_the_dataset_under_test(ann_file):
    samples = predictions(ann_file, growing_noise)
    given = evaluate(ann_file, samples)
    hub = MessageHub.get_current_instance()
    hub.update_info('crowd_of_a_test_ann_file', ann_file)
    assert evaluate(None, samples) == given


def test_annotations_come_with_the_samples_where_there_is_no_file(ann_file):
    samples = predictions(ann_file, growing_noise)
    given = evaluate(ann_file, samples)
    coco = COCO(ann_file)
    for sample in samples:
        sample['raw_ann_info'] = coco.imgToAnns[sample['img_id']]
        sample['ori_shape'] = (200, 400)
    # no dataset of this name has told where its annotations are
    assert evaluate(None, samples, dataset_name='nowhere') == given


def test_nothing_is_written_unless_asked_for(ann_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    samples = predictions(ann_file, growing_noise)
    evaluate(ann_file, samples)
    assert [p.name for p in tmp_path.iterdir()] == ['crowd.json']
    evaluate(ann_file, samples, outfile_prefix=str(tmp_path / 'run/poses'))
    assert [p.name
            for p in (tmp_path / 'run').iterdir()] == ['poses.keypoints.json']


@pytest.mark.parametrize(
    'bins', [[], [0.5], [0, 0.5, 0.5], [0.5, 0.2], [-0.1, 1], [0, 1.1]])
def test_bins_that_make_no_sense(bins):
    with pytest.raises(ValueError, match='bins='):
        METRICS.build(dict(type='CrowdLevelMetric', bins=bins))


@pytest.mark.parametrize('crowding', CROWDINGS)
def test_names_and_the_table_tell_the_measure(ann_file, monkeypatch, crowding):
    said = []
    monkeypatch.setattr(crowd_level_metric, 'print_log',
                        lambda text, logger: said.append(text))
    samples = predictions(ann_file, growing_noise)
    ours = evaluate(ann_file, samples, bins=[0, 1], crowding=crowding)
    assert f'coco/AP {crowding} [0, 1]' in ours
    title, head, _ = said[0].splitlines()
    assert title == f'AP by crowding: {CROWDINGS[crowding]}'
    assert head.split()[0] == crowding


def test_a_measure_that_is_unknown_is_refused():
    with pytest.raises(ValueError, match="'max_iou', 'crowd_index'"):
        METRICS.build(dict(type='CrowdLevelMetric', crowding='iou'))


def evaluate_my_share(rank, ann_file, round_up):
    """Of the images that MMEngine's sampler gives this process."""
    os.chdir(os.path.dirname(ann_file))  # the shares are gathered in a file
    samples = predictions(ann_file, growing_noise)
    mine = DefaultSampler(samples, shuffle=False, round_up=round_up)
    return len(list(mine)), evaluate(
        ann_file, [samples[i] for i in mine], size=len(samples))


@pytest.mark.parametrize('round_up', [False, True])
def test_processes_gather_what_one_has(ann_file, tmp_path, round_up):
    """Nine images do not divide by four; those that fill up count once."""
    shares = run_in(
        4,
        partial(evaluate_my_share, ann_file=ann_file, round_up=round_up),
        folder=tmp_path)
    assert [n for n, _ in shares] == ([3] * 4 if round_up else [3, 2, 2, 2])
    alone = evaluate(ann_file, predictions(ann_file, growing_noise))
    assert 0 < alone['coco/AP mean_iou [0.9, 1]'] < 1
    for _, scores in shares:
        assert scores == alone
