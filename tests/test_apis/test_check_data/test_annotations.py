"""Whatever stands in an annotation file is noted, never raised."""
import copy

import numpy as np
import pytest
from small_set import HEIGHT, JOINTS, WIDTH

from mmpose_pinet.apis.check_data.annotations import check_annotations
from mmpose_pinet.apis.check_data.findings import Findings
from mmpose_pinet.apis.check_data.joints import names_at_odds
from mmpose_pinet.apis.check_data.persons import Use

USE = Use('train', JOINTS, is_judged_by=True, needs=('area', 'num_keypoints'))
ODD = [None, 'x', '', [], {}, [None], -1, 0.5, float('nan'), 10**400, True]


def content_of(num_persons=1, seed=0):
    rng = np.random.default_rng(seed)
    persons = []
    for id_ in range(num_persons):
        joints = rng.uniform(-20, 80, (17, 3))
        joints[:, 2] = rng.integers(0, 3, 17)
        persons.append(
            dict(
                id=id_,
                image_id=1,
                category_id=1,
                bbox=rng.uniform(-40, 60, 4).tolist(),
                area=30.5,
                iscrowd=int(rng.random() < 0.1),
                num_keypoints=int((joints[:, 2] > 0).sum()),
                keypoints=joints.ravel().tolist(),
                segmentation=[[1, 1, 9, 1, 9, 9]]))
    return dict(
        images=[dict(id=1, file_name='1.jpg', width=WIDTH, height=HEIGHT)],
        annotations=persons,
        categories=[dict(id=1, name='person', keypoints=JOINTS)])


@pytest.mark.parametrize('part', ['images', 'annotations', 'categories'])
def test_any_value_of_any_key_is_survived(part):
    keys = content_of()[part][0]
    for key in [*keys, None]:
        for value in ODD:
            content = content_of()
            if key is None:  # the entry itself
                content[part][0] = value
            else:
                content[part][0][key] = value
            findings = Findings()
            check_annotations(content, USE, findings)
            findings.report()
    for value in ODD:
        findings = Findings()
        check_annotations(dict(content_of(), **{part: value}), USE, findings)
        assert findings.num_errors > 0 or value == []


def test_outside_boxes_and_joints_are_those_of_a_loop():
    content = content_of(num_persons=300, seed=1)
    expected = dict(
        box=set(), box_area=set(), person_outside=set(), joint_outside=set())
    num_persons = 0
    for person in content['annotations']:
        x, y, w, h = person['bbox']
        if w < 0 or h < 0:
            expected['box'].add(person['id'])
        points = np.reshape(person['keypoints'], (17, 3)).tolist()
        labelled = [(x, y) for x, y, v in points if v > 0]
        if person['iscrowd'] or not labelled:
            continue
        num_persons += 1
        beyond = sum(not (0 <= x <= WIDTH and 0 <= y <= HEIGHT)
                     for x, y in labelled)
        if beyond == len(labelled):
            expected['person_outside'].add(person['id'])
        elif beyond:
            expected['joint_outside'].add(person['id'])
        if w < 0 or h < 0:
            continue
        columns = min(x + w, WIDTH - 1) - max(x, 0)
        rows = min(y + h, HEIGHT - 1) - max(y, 0)
        if columns <= 0 or rows <= 0:
            expected['box_area'].add(person['id'])
    findings = Findings()
    found = check_annotations(content, USE, findings)
    assert found.num_persons == num_persons
    assert len(expected['box_area']) > 10 < len(expected['joint_outside'])
    for kind, ids in expected.items():
        named = {
            int(name.split('annotation ')[1].split(':')[0])
            for name in findings.of(kind)
        }
        assert named == ids, kind


def test_crowdpose_counts_joints_in_sight_alone():
    """So do its files: a joint that is covered does not count there."""
    for told, notes in ((17, 0), (9, 0), (8, 1)):
        content = content_of()
        content['annotations'][0].update(
            keypoints=[9, 9, 2] * 9 + [9, 9, 1] * 8, num_keypoints=told)
        findings = Findings()
        check_annotations(content, USE, findings)
        assert len(findings.of('num_keypoints')) == notes


def test_the_content_is_left_as_it_is():
    content = content_of(20)
    before = copy.deepcopy(content)
    check_annotations(content, USE, Findings())
    assert content == before


@pytest.mark.parametrize('theirs, odds', [
    (['head', 'left_hip'], None),
    (['Top Head', 'left-hip'], None),
    (['top_head', 'right_hip'], "joint 1 is 'right_hip' and 'left_hip'"),
    (['left_hip', 'top_head'], "joint 0 is 'left_hip' and 'top_head'"),
    (['top_head'], '1 joints and 2'),
])
def test_joints_are_compared_by_their_words(theirs, odds):
    assert names_at_odds(theirs, ['top_head', 'left_hip']) == odds
