"""AP by crowd level: which image is in which bin, and what AP a bin has."""
import json

import numpy as np
import pytest
from mmengine.logging import MessageHub
from mmpose.registry import METRICS
from two_persons import (ALL_IMAGES, LEVELS, evaluate, growing_noise,
                         predictions, write_annotations)
from xtcocotools.coco import COCO

from mmpose_pinet.evaluation import crowd_level_metric
from mmpose_pinet.evaluation.crowd_level_metric import (CROWDINGS, assign_bins,
                                                        bin_names,
                                                        image_crowding)

BINS = [0, 0.2, 0.4, 0.6, 0.8, 1]
IOU_TYPES = ['keypoints', 'keypoints_crowd']


@pytest.fixture
def ann_file(tmp_path):
    return write_annotations(tmp_path / 'crowd.json', ALL_IMAGES)


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
