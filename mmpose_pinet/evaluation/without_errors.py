"""What AP would be if a model did not make errors of one kind."""
from typing import Dict, List, NamedTuple, Sequence

import numpy as np

from .average_precision import Evaluation
from .errors import KEYPOINT_KINDS, POSE_KINDS, ImageErrors

# in the order of a table
ERRORS = ('jitter', 'inversion', 'swap', 'miss', 'duplicate', 'background',
          'missed person', 'score')


class ErrorCount(NamedTuple):
    """How often an error of a kind is made, and what it costs.

    Attributes:
        number (int): In all poses that AP counts.
        shown (int): In the poses of the score that was asked for.
        out_of (int): How many of the latter there could be.
        AP (float): Without it.
    """

    number: int
    shown: int
    out_of: int
    AP: float


def count_errors(evaluation: Evaluation, images: Sequence[ImageErrors],
                 score_thr: float) -> Dict[str, ErrorCount]:
    """Count the errors of each kind, and compute AP without each.

    Args:
        evaluation (Evaluation): Of the poses.
        images (list[ImageErrors]): Their errors.
        score_thr (float): From which score on poses are shown.

    Returns:
        dict[str, ErrorCount]: By the names of ``ERRORS``. Keypoints are
        counted for the first four, poses for duplicates and background,
        labelled persons for the last two.
    """
    number, _ = _count(images, -np.inf)
    shown, out_of = _count(images, score_thr)
    without = average_precision_without(evaluation, images)
    return {
        kind: ErrorCount(number[kind], shown[kind], out_of[kind],
                         without[kind])
        for kind in ERRORS
    }


def _count(images: Sequence[ImageErrors], score_thr: float) -> tuple:
    number = dict.fromkeys(ERRORS, 0)
    out_of = dict.fromkeys(ERRORS, 0)
    for image in images:
        shown = image.scores >= score_thr
        keypoints = image.keypoint_kinds[shown]
        missed, misranked = (image.is_missed(score_thr),
                             image.is_misranked(score_thr))
        for kind in ERRORS:
            if kind in KEYPOINT_KINDS:
                hits = keypoints == KEYPOINT_KINDS.index(kind)
                size = (keypoints > 0).sum()
            elif kind in POSE_KINDS:
                hits = image.kinds[shown] == POSE_KINDS.index(kind)
                size = shown.sum()
            elif kind == 'missed person':
                hits, size = missed, len(missed)
            else:
                hits, size = misranked, (~missed).sum()
            number[kind] += int(hits.sum())
            out_of[kind] += int(size)
    return number, out_of


def average_precision_without(
        evaluation: Evaluation,
        images: Sequence[ImageErrors]) -> Dict[str, float]:
    """Compute AP without the errors of one kind at a time.

    Keypoints of that kind are moved, see
    :func:`~mmpose_pinet.evaluation.errors.judge_keypoints`. Duplicates and
    background are no longer false positives, persons who are missed need not
    be found. With the right score, the best pose of each person has its OKS
    for a score, and all others come after these.

    Args:
        evaluation (Evaluation): Of the poses.
        images (list[ImageErrors]): Their errors.

    Returns:
        dict[str, float]: AP by the names of ``ERRORS``.
    """
    results = {}
    for kind in ERRORS:
        if kind in KEYPOINT_KINDS:
            number = KEYPOINT_KINDS.index(kind)
            moved = evaluation.of(_with_moved_keypoints(images, number))
            results[kind] = moved.scores().AP
        elif kind in POSE_KINDS:
            number = POSE_KINDS.index(kind)
            ids = {
                image.poses[i]['id']
                for image in images
                for i in np.flatnonzero(image.kinds == number)
            }
            results[kind] = evaluation.scores(without_poses=ids).AP
        elif kind == 'missed person':
            ids = {
                id_
                for image in images
                for id_ in image.person_ids[image.is_missed()].tolist()
            }
            results[kind] = evaluation.scores(without_persons=ids).AP
        else:
            results[kind] = evaluation.of(
                _with_right_scores(images)).scores().AP
    return results


def _with_moved_keypoints(images: Sequence[ImageErrors],
                          kind: int) -> List[dict]:
    poses = []
    for image in images:
        wrong = image.keypoint_kinds == kind
        for i, pose in enumerate(image.poses):
            if wrong[i].any():
                keypoints = np.reshape(np.array(pose['keypoints']), (-1, 3))
                keypoints[wrong[i], :2] = image.corrected[i, wrong[i]]
                pose = dict(pose, keypoints=keypoints.ravel().tolist())
            poses.append(pose)
    return poses


def _with_right_scores(images: Sequence[ImageErrors]) -> List[dict]:
    poses = []
    for image in images:
        # by person, within one by falling OKS: the first is the best
        order = np.lexsort((-image.oks, image.persons))
        owners, first = np.unique(image.persons[order], return_index=True)
        best = order[first][owners >= 0]
        scores = np.zeros(len(order))
        scores[best] = image.oks[best]
        poses += [
            dict(pose, score=score)
            for pose, score in zip(image.poses, scores.tolist())
        ]
    return poses
