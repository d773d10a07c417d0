"""What is wrong with poses, as Ronchi and Perona (ICCV 2017) name it.

Keypoints of a pose that was found are good, or in error of four kinds, by
their similarity ks = exp(-d^2 / (2 area (2 sigma)^2)) to true keypoints; OKS
is the mean of ks over a person's labelled keypoints.
"""
from typing import List, NamedTuple, Tuple

import numpy as np

from .average_precision import Evaluation, ImageMatches

# ks from which on a keypoint is as near as people label it, and from which on
# it is near at all
GOOD_KS = 0.85
NEAR_KS = 0.5
# OKS from which on a pose is about a person
ABOUT_OKS = 0.1

# of a keypoint; the first two are no errors
KEYPOINT_KINDS = ('unlabelled', 'good', 'jitter', 'inversion', 'swap', 'miss')
# of a pose; those that are ignored lie in a crowd region, or on a person
# without labelled keypoints
POSE_KINDS = ('found', 'duplicate', 'background', 'ignored')


class ImageErrors(NamedTuple):
    """The errors of an image: D poses, best first, P labelled persons.

    Attributes:
        image_id (int): Of the image.
        poses (list[dict]): D results that AP counts.
        scores (np.ndarray): (D, ) of the poses.
        kinds (np.ndarray): (D, ) indices into ``POSE_KINDS``.
        persons (np.ndarray): (D, ) the person that a pose is about, -1 where
            there is none. One of its poses is found, others are duplicates.
        oks (np.ndarray): (D, ) with that person, or the highest with anyone.
        keypoint_kinds (np.ndarray): (D, K) indices into ``KEYPOINT_KINDS``,
            0 of poses that are not found.
        corrected (np.ndarray): (D, K, 2) in image px: where keypoints would
            be with smaller errors, see :func:`judge_keypoints`.
        person_ids (np.ndarray): (P, ) ids of annotations.
    """

    image_id: int
    poses: List[dict]
    scores: np.ndarray
    kinds: np.ndarray
    persons: np.ndarray
    oks: np.ndarray
    keypoint_kinds: np.ndarray
    corrected: np.ndarray
    person_ids: np.ndarray

    def is_missed(self, score_thr: float = -np.inf) -> np.ndarray:
        """Tell which persons no pose of a score from ``score_thr`` on finds:
        (P, )."""
        found = (self.kinds == 0) & (self.scores >= score_thr)
        return ~np.isin(np.arange(len(self.person_ids)), self.persons[found])

    def is_misranked(self, score_thr: float = -np.inf) -> np.ndarray:
        """Tell which persons are found by another pose than their best, as
        that has a lower score: (P, )."""
        best = np.full(len(self.person_ids), -1.)
        mine = (self.persons >= 0) & (self.scores >= score_thr)
        np.maximum.at(best, self.persons[mine], self.oks[mine])
        found = mine & (self.kinds == 0)
        worse = np.zeros(len(best), bool)
        owners = self.persons[found]
        worse[owners] = best[owners] > self.oks[found]
        return worse


def find_errors(evaluation: Evaluation,
                flip_indices: np.ndarray) -> List[ImageErrors]:
    """Find the errors of a set.

    Args:
        evaluation (Evaluation): Of the poses.
        flip_indices (np.ndarray): (K, ) the keypoint that each becomes in a
            mirrored image.

    Returns:
        list[ImageErrors]: Of the images in which somebody is, or was found.
    """
    return [
        _errors_of(image, evaluation, np.asarray(flip_indices))
        for image in evaluation.images()
    ]


def _errors_of(image: ImageMatches, evaluation: Evaluation,
               flip_indices: np.ndarray) -> ImageErrors:
    counts = np.array([not person['ignore'] for person in image.persons], bool)
    kinds, persons, oks = judge_poses(image.oks, image.matches, counts)
    num_keypoints = len(evaluation.sigmas)
    points = _keypoints(image.poses, num_keypoints)[..., :2]
    labelled = [person for person in image.persons if not person['ignore']]
    keypoint_kinds = np.zeros(points.shape[:2], int)
    corrected = points.copy()
    found = kinds == 0
    if found.any():
        keypoint_kinds[found], corrected[found] = judge_keypoints(
            points[found], persons[found], _keypoints(labelled, num_keypoints),
            np.array([_area(person, evaluation) for person in labelled]),
            evaluation.sigmas, flip_indices)
    return ImageErrors(
        image.image_id, image.poses,
        np.array([pose['score'] for pose in image.poses], float), kinds,
        persons, oks, keypoint_kinds, corrected,
        np.array([person['id'] for person in labelled], int))


def _keypoints(annotations: List[dict], num_keypoints: int) -> np.ndarray:
    flat = [annotation['keypoints'] for annotation in annotations]
    return np.array(flat, float).reshape(-1, num_keypoints, 3)


def _area(person: dict, evaluation: Evaluation) -> float:
    """The area that COCO's evaluation takes a person to have, in px^2."""
    if evaluation.use_area:
        return person['area']
    return 0.53 * person['bbox'][2] * person['bbox'][3]


def judge_poses(oks: np.ndarray, matches: np.ndarray,
                counts: np.ndarray) -> Tuple[np.ndarray, ...]:
    """Tell which pose is about whom, of an image.

    COCO's matches at OKS 0.5 are found. Each of the other poses is about the
    person with whom its OKS is the highest, from ``ABOUT_OKS`` on: the best
    pose of a person whom none is matched to is found as well, all else are
    duplicates, or background.

    Args:
        oks (np.ndarray): (D, G) of poses, best first, and persons.
        matches (np.ndarray): (D, ) person of each pose, or -1.
        counts (np.ndarray): (G, ) which of the persons AP asks for: P.

    Returns:
        tuple[np.ndarray]: (D, ) kinds, as indices into ``POSE_KINDS``;
        persons, as indices into the P, or -1; and OKS with them, or the
        highest with one of the P.
    """
    rows = np.arange(len(oks))
    number = np.where(counts, np.cumsum(counts) - 1, -1)
    # one row more, for those that are matched to nobody
    persons = np.append(number, -1)[matches]
    ignored = (matches >= 0) & (persons < 0)
    oks = oks[:, counts]
    if not oks.shape[1]:
        kinds = np.where(ignored, 3, 2)
        return kinds, persons, np.zeros(len(kinds))
    nearest = oks.argmax(axis=1)
    about = oks[rows, nearest] >= ABOUT_OKS
    left = np.flatnonzero((persons < 0) & ~ignored & about)
    is_free = ~np.isin(nearest[left], persons)
    _, first = np.unique(nearest[left[is_free]], return_index=True)
    found = persons >= 0
    found[left[is_free][first]] = True
    persons[left] = nearest[left]
    kinds = np.select([found, ignored, persons >= 0], [0, 3, 1], 2)
    return kinds, persons, oks[rows, np.where(persons < 0, nearest, persons)]


def judge_keypoints(points: np.ndarray, persons: np.ndarray, truth: np.ndarray,
                    areas: np.ndarray, sigmas: np.ndarray,
                    flip_indices: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Tell what is wrong with the keypoints of poses, of an image.

    ks with the true keypoint says good (0.85 or more) or jitter (0.5 or
    more). Others are an inversion where ks with the person's mirrored
    keypoint is 0.5 or more, a swap where it is with that keypoint or the
    mirrored one of somebody else, of both the one with the higher ks, and a
    miss where there is none.

    Args:
        points (np.ndarray): (M, K, 2) of poses, in image px.
        persons (np.ndarray): (M, ) the person that each is about.
        truth (np.ndarray): (P, K, 3) x, y in image px and visibility.
        areas (np.ndarray): (P, ) of the persons, in px^2.
        sigmas (np.ndarray): (K, ) falloff constants of OKS.
        flip_indices (np.ndarray): (K, ) mirrored keypoints.

    Returns:
        tuple[np.ndarray]: (M, K) indices into ``KEYPOINT_KINDS``, and
        (M, K, 2) where keypoints would be without their errors, as the
        authors' analysis corrects them: on the way to the true place, where
        a jitter has ks 0.85, a miss 0.5, an inversion or a swap the ks that
        it has at the wrong place.
    """
    rows = np.arange(len(points))
    scale = 2 * areas[:, None] * (2 * sigmas)**2 + np.spacing(1)  # (P, K)

    def similarity(target: np.ndarray) -> np.ndarray:  # (M, P, K)
        distance = ((points[:, None] - target[..., :2])**2).sum(-1)
        return np.where(target[..., 2] > 0, np.exp(-distance / scale), -1)

    same = similarity(truth)
    mirrored = similarity(truth[:, flip_indices])
    own, own_mirrored = same[rows, persons], mirrored[rows, persons]
    others = np.maximum(same, mirrored)
    others[rows, persons] = -1
    others = others.max(axis=1)
    conditions = [
        own < 0, own >= GOOD_KS, own >= NEAR_KS,
        (own_mirrored >= NEAR_KS) & (own_mirrored >= others), others >= NEAR_KS
    ]
    kinds = np.select(conditions, range(5), 5)
    reached = np.select([kinds == 2, kinds == 3, kinds == 4, kinds == 5],
                        [GOOD_KS, own_mirrored, others, NEAR_KS],
                        default=1)
    true = truth[persons, :, :2]
    way = points - true
    length = np.linalg.norm(way, axis=-1)
    radius = np.sqrt(-np.log(reached) * scale[persons])
    shorter = true + way * (radius / np.maximum(length, 1e-9))[..., None]
    return kinds, np.where((kinds > 1)[..., None], shorter, points)
