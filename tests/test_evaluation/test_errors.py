"""Errors that were planted: each is found, and AP without it is right."""
import copy

import numpy as np
import pytest
from planted import (AREA, KS, LEFT_KNEE, LEFT_WRIST, PLANTED, SIGMAS, Planted,
                     distance)
from xtcocotools.coco import COCO

from mmpose_pinet.evaluation.average_precision import Evaluation
from mmpose_pinet.evaluation.errors import (KEYPOINT_KINDS, POSE_KINDS,
                                            find_errors, judge_keypoints,
                                            judge_poses)
from mmpose_pinet.evaluation.without_errors import ERRORS, count_errors

FLIP = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]


def load(truth):
    coco = COCO()
    coco.dataset = copy.deepcopy(truth)
    coco.createIndex()
    coco.anno_file = ['']
    return coco


@pytest.fixture(scope='module')
def planted():
    return Planted()


@pytest.fixture(scope='module')
def evaluation(planted):
    return Evaluation(
        load(planted.truth()), planted.poses, 'keypoints', SIGMAS, True)


@pytest.fixture(scope='module')
def images(evaluation):
    return find_errors(evaluation, FLIP)


@pytest.fixture(scope='module')
def counts(evaluation, images):
    return count_errors(evaluation, images, 0.1)


def average_precision(planted, poses, forgiven=(), not_asked=()):
    """AP from nothing but its definition.

    Poses that are forgiven are no false positives. ``planted`` has one crowd
    region, which every pose on it matches.
    """

    def joints(item):
        return np.reshape(item['keypoints'], (17, 3))[:, :2]

    persons = [a for a in planted.annotations if not a['iscrowd']]
    crowds = [a for a in planted.annotations if a['iscrowd']]
    order = sorted(range(len(poses)), key=lambda i: -poses[i]['score'])
    values = []
    for threshold in np.linspace(0.5, 0.95, 10):
        taken, hits = set(), []
        for i in order:
            best, owner = threshold, None
            for person in persons:
                if person['image_id'] != poses[i]['image_id'] or \
                        person['id'] in taken:
                    continue
                square = ((joints(poses[i]) - joints(person))**2).sum(-1)
                oks = np.exp(-square / (2 * AREA * (2 * SIGMAS)**2)).mean()
                if oks >= best:
                    best, owner = oks, person['id']
            in_crowd = any(crowd['image_id'] == poses[i]['image_id']
                           and abs(joints(poses[i]) - joints(crowd)).max() < 1
                           for crowd in crowds)
            if owner is not None:
                taken.add(owner)
                if owner not in not_asked:
                    hits.append(True)
            elif i not in forgiven and not in_crowd:
                hits.append(False)
        right = np.cumsum(hits)
        precision = right / np.arange(1, len(hits) + 1)
        recall = right / (len(persons) - len(not_asked))
        values.append(
            np.mean([
                max(precision[recall >= level - 1e-12], default=0)
                for level in np.linspace(0, 1, 101)
            ]))
    return np.mean(values)


def poses_without(planted, kind):
    """The poses as they would be without an error, by hand."""
    poses = copy.deepcopy(planted.poses)
    for pose in poses:
        joints = np.reshape(pose['keypoints'], (17, 3))
        error = planted.errors[pose['image_id']]
        first = [
            a for a in planted.annotations if a['image_id'] == pose['image_id']
        ][0]
        true = np.reshape(first['keypoints'], (17, 3))
        if abs(joints[0, :2] - true[0, :2]).max() > 1:
            continue  # errors of joints are made on the first person
        if kind == error == 'jitter':
            joints[LEFT_WRIST,
                   1] = true[LEFT_WRIST, 1] + distance(0.85, LEFT_WRIST)
        elif kind == error and kind in ('inversion', 'swap'):
            joints[:, :2] = true[:, :2]  # they lay on wrong joints exactly
        elif kind == 'miss' and joints[LEFT_KNEE, 1] < true[LEFT_KNEE, 1] - 1:
            joints[LEFT_KNEE,
                   1] = true[LEFT_KNEE, 1] - distance(0.5, LEFT_KNEE)
        pose['keypoints'] = joints.ravel().tolist()
    return poses


def numbers_of(planted, kind):
    """Which poses are planted as duplicates, or as background."""
    low, high = dict(duplicate=(0.5, 0.65), background=(0.65, 0.75))[kind]
    return [
        i for i, pose in enumerate(planted.poses)
        if low <= pose['score'] < high
    ]


def test_each_planted_error_is_counted_and_no_other(counts):
    assert {kind: counts[kind].number for kind in ERRORS} == PLANTED
    assert {kind: counts[kind].shown for kind in ERRORS} == PLANTED


def test_poses_under_the_score_do_not_show_errors(evaluation, images):
    counts = count_errors(evaluation, images, 0.75)
    assert counts['duplicate'].shown == counts['background'].shown == 0
    assert counts['duplicate'].number == 2
    # only the lower pose is better
    assert counts['score'].shown == 0
    assert counts['jitter'].shown == 1
    # of 17 joints of the poses that found somebody
    assert counts['jitter'].out_of == 17 * 16
    missed = count_errors(evaluation, images, 1.)['missed person']
    assert missed.shown == missed.out_of == 17


def test_a_pose_in_a_crowd_region_is_neither_right_nor_wrong(planted, images):
    image, = (i for i in images if planted.errors[i.image_id] == 'crowd')
    assert [POSE_KINDS[kind] for kind in image.kinds] == ['found', 'ignored']


def test_the_ap_is_that_of_its_definition(planted, evaluation):
    assert evaluation.scores().AP == pytest.approx(
        average_precision(planted, planted.poses), abs=1e-9)
    assert 0.5 < evaluation.scores().AP < 0.99


@pytest.mark.parametrize('kind', ['jitter', 'inversion', 'swap', 'miss'])
def test_ap_without_errors_of_joints(planted, counts, kind):
    assert counts[kind].AP == pytest.approx(
        average_precision(planted, poses_without(planted, kind)), abs=1e-9)


@pytest.mark.parametrize('kind', ['duplicate', 'background'])
def test_ap_without_false_positives(planted, evaluation, counts, kind):
    numbers = numbers_of(planted, kind)
    assert len(numbers) == PLANTED[kind]
    assert counts[kind].AP == pytest.approx(
        average_precision(planted, planted.poses, forgiven=numbers), abs=1e-9)
    assert counts[kind].AP > evaluation.scores().AP


def test_ap_without_missed_persons(planted, evaluation, counts):
    missed, = (
        a['id'] for a in planted.annotations if
        planted.errors[a['image_id']] == 'missed' and a['keypoints'][0] > 200)
    assert counts['missed person'].AP == pytest.approx(
        average_precision(planted, planted.poses, not_asked=[missed]),
        abs=1e-9)
    assert counts['missed person'].AP > evaluation.scores().AP


def test_ap_with_the_right_scores(planted, counts):
    poses = copy.deepcopy(planted.poses)
    for i, pose in enumerate(poses):
        error = planted.errors[pose['image_id']]
        joints = np.reshape(pose['keypoints'], (17, 3))
        if error == 'jitter' and pose['score'] > 0.85:
            pose['score'] = (16 + KS) / 17
        elif error in ('inversion', 'swap') and joints[0, 0] < 200:
            pose['score'] = 15 / 17
        elif error == 'miss' and joints[0, 0] < 200:
            pose['score'] = 16 / 17
        else:
            pose['score'] = 1.
    # the best of each person alone: the last pose of `score` is
    for i in numbers_of(planted, 'duplicate') + numbers_of(
            planted, 'background'):
        error = planted.errors[planted.poses[i]['image_id']]
        poses[i]['score'] = 1. if error == 'score' else 0.
    for i, pose in enumerate(planted.poses):
        if planted.errors[pose['image_id']] == 'score' and \
                pose['score'] > 0.85:
            poses[i]['score'] = 0.
    assert counts['score'].AP == pytest.approx(
        average_precision(planted, poses), abs=1e-3)


def test_parts_of_the_set_are_evaluated_alone(planted, evaluation):
    right = [id_ for id_, error in planted.errors.items() if not error]
    assert evaluation.scores(right) == (1, 1, 1, 1)
    assert np.isnan(evaluation.scores([])).all()


def test_nobody_was_found(planted):
    evaluation = Evaluation(
        load(planted.truth()), [], 'keypoints', SIGMAS, True)
    counts = count_errors(evaluation, find_errors(evaluation, FLIP), 0.1)
    assert evaluation.scores().AP == 0
    assert counts['missed person'].number == 17
    assert counts['jitter'].number == 0


@pytest.mark.parametrize('ks, kind', [(0.86, 'good'), (0.84, 'jitter'),
                                      (0.51, 'jitter'), (0.49, 'miss')])
def test_a_joint_is_as_wrong_as_its_ks_says(ks, kind):
    truth = np.array([[[50., 50, 2], [300, 300, 2]]])
    points = truth[..., :2].copy()
    sigmas = np.array([0.05, 0.05])
    points[0, 0, 0] += np.sqrt(-2 * AREA * np.log(ks)) * 0.1
    kinds, corrected = judge_keypoints(points, np.array([0]), truth,
                                       np.array([AREA]), sigmas, [1, 0])
    assert KEYPOINT_KINDS[kinds[0, 0]] == kind
    square = ((corrected[0, 0] - truth[0, 0, :2])**2).sum()
    reached = np.exp(-square / (2 * AREA * 0.1**2))
    assert reached == pytest.approx({
        'good': ks,
        'jitter': 0.85,
        'miss': 0.5
    }[kind])


def test_of_two_wrong_places_the_nearer_one_counts():
    # both persons' second joints lie beside the first one's own
    truth = np.array([[[0., 0, 2], [100, 0, 2]], [[0, 900, 2], [110, 0, 2]]])
    points = np.array([[[102., 0], [100, 0]], [[0, 900], [110, 0]]])
    for x, kind in ((102., 'inversion'), (108., 'swap')):
        points[0, 0, 0] = x
        kinds, _ = judge_keypoints(points, np.arange(2), truth,
                                   np.full(2, AREA), np.full(2, 0.1), [1, 0])
        assert KEYPOINT_KINDS[kinds[0, 0]] == kind


def test_joints_without_a_label_are_not_judged():
    truth = np.array([[[0., 0, 0], [100, 0, 1]]])
    kinds, _ = judge_keypoints(truth[..., :2] + 500, np.array([0]), truth,
                               np.array([AREA]), np.full(2, 0.1), [1, 0])
    assert [KEYPOINT_KINDS[k] for k in kinds[0]] == ['unlabelled', 'miss']


def test_a_poor_pose_takes_nobody_from_another():
    """The second pose lies on the first person, who is found already; it is
    a duplicate, not somebody far off."""
    oks = np.array([[0.9, 0.2], [0.4, 0.15], [0.05, 0.3], [0.02, 0.05]])
    kinds, persons, of_person = judge_poses(oks, np.array([0, -1, -1, -1]),
                                            np.array([True, True]))
    assert [POSE_KINDS[k]
            for k in kinds] == ['found', 'duplicate', 'found', 'background']
    assert persons.tolist() == [0, 0, 1, -1]
    assert of_person.tolist() == [0.9, 0.4, 0.3, 0.05]


def test_images_without_persons_or_poses():
    for persons in (0, 1):
        kinds, owners, oks = judge_poses(
            np.zeros((2, persons)), np.full(2, -1), np.zeros(persons, bool))
        assert [POSE_KINDS[k] for k in kinds] == ['background'] * 2
        assert owners.tolist() == [-1, -1] and not oks.any()
    kinds, _, _ = judge_poses(
        np.zeros((0, 2)), np.zeros(0, int), np.ones(2, bool))
    assert not len(kinds)
