"""Pose fusion (Sec. 3.4): candidate poses of one image become persons.

It needs numpy alone: the head and the runtime of exported models share it.
"""
from typing import Callable, NamedTuple, Optional, Sequence, Tuple

import numpy as np


class Persons(NamedTuple):
    """The m persons of an image, best first, in the unit of their poses."""

    keypoints: np.ndarray  # (m, K, 2)
    keypoint_scores: np.ndarray  # (m, K)
    bboxes: np.ndarray  # (m, 4): left, top, right, bottom
    scores: np.ndarray  # (m, ): means of the keypoints' scores


def find_persons(keypoints: np.ndarray,
                 keypoint_scores: np.ndarray,
                 post_processor: Optional[Callable] = None,
                 score_thr: float = 0.) -> Persons:
    """Turn the candidates of one image into its persons (PF, Sec. 3.4).

    Args:
        keypoints (np.ndarray): (t, K, 2) in any unit of length.
        keypoint_scores (np.ndarray): (t, K).
        post_processor (Callable, optional): A :class:`PoseFusion` or anything
            that is called alike. ``None`` makes a person of each candidate.
        score_thr (float): Persons under it are left out; 0: nobody.

    Returns:
        Persons: Of equal scores, the first stays first.
    """
    if post_processor is not None:
        keypoints, keypoint_scores = post_processor(keypoints, keypoint_scores)
    scores = keypoint_scores.mean(axis=1)
    order = np.argsort(-scores, kind='stable')
    if score_thr > 0:
        order = order[scores[order] >= score_thr]
    keypoints = keypoints[order]
    corners = keypoints.min(axis=1), keypoints.max(axis=1)
    return Persons(keypoints, keypoint_scores[order],
                   np.concatenate(corners, axis=1), scores[order])


class PoseFusion:
    """Group candidate poses by OKS and fuse each group into one person.

    It knows nothing of where candidates come from, so that any regression
    head can use it.

    Args:
        sigmas (list[float]): K falloff constants, as in the dataset's meta.
        oks_thr (float): Candidates with a greater OKS are one person, gamma
            of Sec. 3.4. Defaults to 0.7.
        fuse (bool): Take each keypoint from the candidate of the group that
            scores it highest. If ``False``, the group's best candidate stays
            as it is (OKS-NMS). Defaults to ``True``.

    Raises:
        ValueError: If a sigma is not positive or ``oks_thr`` not in [0, 1].
    """

    def __init__(self,
                 sigmas: Sequence[float],
                 oks_thr: float = 0.7,
                 fuse: bool = True) -> None:
        self.sigmas = np.asarray(sigmas, dtype=np.float64)
        if self.sigmas.ndim != 1 or not (self.sigmas > 0).all():
            raise ValueError('PoseFusion: sigmas must be a list of positive '
                             f'numbers, one a keypoint, not {sigmas}')
        if not 0 <= oks_thr <= 1:
            raise ValueError(f'PoseFusion: oks_thr={oks_thr} must lie in '
                             '[0, 1]')
        self.oks_thr = oks_thr
        self.fuse = fuse

    def __call__(self, keypoints: np.ndarray,
                 keypoint_scores: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Fuse the candidates of one image.

        Args:
            keypoints (np.ndarray): (t, K, 2) in any unit of length.
            keypoint_scores (np.ndarray): (t, K).

        Returns:
            tuple[np.ndarray]: Keypoints (m, K, 2) and their scores (m, K) of
            m persons, sorted by falling mean keypoint score.

        Raises:
            ValueError: If K is not the number of sigmas, or shapes disagree.
        """
        keypoints = np.asarray(keypoints)
        keypoint_scores = np.asarray(keypoint_scores)
        if keypoints.shape != (*keypoint_scores.shape, 2) or \
                keypoint_scores.shape[-1] != len(self.sigmas):
            raise ValueError(
                f'PoseFusion: keypoints {keypoints.shape} and their scores '
                f'{keypoint_scores.shape} must be (t, K, 2) and (t, K) with '
                f'K={len(self.sigmas)}, the number of sigmas')

        order = np.argsort(-keypoint_scores.mean(1), kind='stable')
        keypoints, keypoint_scores = keypoints[order], keypoint_scores[order]
        leaders, groups = group_by_leader(
            self.pairwise_oks(keypoints) > self.oks_thr)
        if not self.fuse:
            return keypoints[leaders], keypoint_scores[leaders]

        keypoints, keypoint_scores = fuse_groups(keypoints, keypoint_scores,
                                                 groups)
        order = np.argsort(-keypoint_scores.mean(1), kind='stable')
        return keypoints[order], keypoint_scores[order]

    def pairwise_oks(self, keypoints: np.ndarray) -> np.ndarray:
        """OKS of every pair of poses (Eq. 11).

        As in COCO's evaluation, alpha is twice the sigma; the area of a pose
        is its keypoints' box.

        Args:
            keypoints (np.ndarray): (t, K, 2).

        Returns:
            np.ndarray: (t, t), symmetric.
        """
        keypoints = keypoints.astype(np.result_type(keypoints, np.float32))
        area = np.ptp(keypoints, axis=1).prod(-1)
        first, second = np.triu_indices(len(keypoints), k=1)
        # keypoints first, so that the mean runs over whole rows of pairs
        points = np.ascontiguousarray(keypoints.transpose(2, 1, 0))
        x, y = points.take(first, axis=2) - points.take(second, axis=2)
        distance = x**2 + y**2  # (K, pairs)
        tolerance = (2 * self.sigmas[:, None]).astype(points.dtype)**2
        distance /= tolerance
        distance /= area[first] + area[second] + area.dtype.type(np.spacing(1))
        oks = np.eye(len(keypoints), dtype=points.dtype)
        oks[first, second] = oks[second, first] = np.exp(-distance).mean(0)
        return oks


def group_by_leader(same: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Group candidates greedily, best first.

    The best candidate that is in no group yet leads one, and all it matches
    that are in none yet join.

    Args:
        same (np.ndarray): (t, t) bool, candidates sorted best first.

    Returns:
        tuple[np.ndarray]: The indices of m leaders, and for each candidate
        the number of its group, 0 to m - 1.
    """
    leaders = []
    groups = np.full(len(same), -1)
    for candidate, matches in enumerate(same):
        if groups[candidate] < 0:
            groups[matches & (groups < 0)] = len(leaders)
            groups[candidate] = len(leaders)
            leaders.append(candidate)
    return np.array(leaders, dtype=int), groups


def fuse_groups(keypoints: np.ndarray, keypoint_scores: np.ndarray,
                groups: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Each keypoint of a group from the candidate that scores it highest.

    Args:
        keypoints (np.ndarray): (t, K, 2).
        keypoint_scores (np.ndarray): (t, K).
        groups (np.ndarray): (t, ) numbers 0 to m - 1, none missing.

    Returns:
        tuple[np.ndarray]: (m, K, 2) and (m, K).
    """
    # per keypoint: sort by group, within it by falling score; take the first
    group_of = np.broadcast_to(groups[:, None], keypoint_scores.shape)
    order = np.lexsort((-keypoint_scores, group_of), axis=0)
    _, first = np.unique(np.sort(groups), return_index=True)
    best = order[first]
    columns = np.arange(keypoint_scores.shape[1])
    return keypoints[best, columns], keypoint_scores[best, columns]
