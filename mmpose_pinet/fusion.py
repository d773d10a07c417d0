"""Pose fusion (Sec. 3.4): candidate poses of one image become persons.

It needs numpy alone: the head and the runtime of exported models share it.
"""
from typing import Callable, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from mmpose_pinet.arguments import check_number

# So many candidates are compared with all that are left at a time: memory
# grows with their number, and few are compared that are grouped by then.
ROWS = 12

# Of an image, and what of it.
NOT_FINITE = ('{}: {} are not finite, but NaN or infinite. The network has '
              'diverged, or its weights are damaged: take an earlier '
              'checkpoint')


class Persons(NamedTuple):
    """The m persons of an image, best first, in the unit of their poses."""

    keypoints: np.ndarray  # (m, K, 2)
    keypoint_scores: np.ndarray  # (m, K)
    bboxes: np.ndarray  # (m, 4): left, top, right, bottom
    scores: np.ndarray  # (m, ): means of the keypoints' scores


def find_persons(keypoints: np.ndarray,
                 keypoint_scores: np.ndarray,
                 post_processor: Optional[Callable] = None,
                 score_thr: float = 0.,
                 image: str = 'an image') -> Persons:
    """Turn the candidates of one image into its persons (PF, Sec. 3.4).

    Args:
        keypoints (np.ndarray): (t, K, 2) in any unit of length.
        keypoint_scores (np.ndarray): (t, K).
        post_processor (Callable, optional): A :class:`PoseFusion` or anything
            that is called alike. ``None`` makes a person of each candidate.
        score_thr (float): Persons under it are left out; 0: nobody.
        image (str): Its name, for errors.

    Returns:
        Persons: Of equal scores, the first stays first.

    Raises:
        ValueError: As of :func:`check_finite`.
    """
    check_finite(keypoints, keypoint_scores, image)
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


def check_finite(keypoints: np.ndarray, keypoint_scores: np.ndarray,
                 image: str) -> None:
    """Refuse candidates that no sound network finds.

    A score beside a keypoint that is NaN says that it was found, and COCO's
    evaluation takes it for right.

    Args:
        keypoints (np.ndarray): (t, K, 2).
        keypoint_scores (np.ndarray): (t, K).
        image (str): Its name, for the error.

    Raises:
        ValueError: If a keypoint or a score is NaN or infinite.
    """
    if not (np.isfinite(keypoints).all()
            and np.isfinite(keypoint_scores).all()):
        raise ValueError(NOT_FINITE.format(image, 'keypoints or scores'))


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
        soft (bool): Multiply the scores of a person by one less its greatest
            OKS with a better one, after Soft-NMS (Bodla et al., ICCV 2017):
            two poses that are too far apart to be grouped are often one
            person's. Not of the paper. Defaults to ``False``.

    Raises:
        ValueError: If ``sigmas`` is empty, one is not positive or not finite,
            or ``oks_thr`` does not lie in [0, 1].
    """

    def __init__(self,
                 sigmas: Sequence[float],
                 oks_thr: float = 0.7,
                 fuse: bool = True,
                 soft: bool = False) -> None:
        self.sigmas = np.asarray(sigmas, dtype=np.float64)
        if self.sigmas.ndim != 1 or not self.sigmas.size or not (
                np.isfinite(self.sigmas) & (self.sigmas > 0)).all():
            raise ValueError('PoseFusion: sigmas must be a list of positive '
                             f'numbers, one a keypoint, not {sigmas}')
        check_number('PoseFusion: oks_thr', oks_thr, least=0, most=1)
        self.oks_thr = oks_thr
        self.fuse = fuse
        self.soft = soft

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
        shape = *keypoints.shape[:1], len(self.sigmas)  # (t, K)
        if keypoint_scores.shape != shape or keypoints.shape != (*shape, 2):
            raise ValueError(
                f'PoseFusion: keypoints {keypoints.shape} and their scores '
                f'{keypoint_scores.shape} must be (t, K, 2) and (t, K) with '
                f'K={len(self.sigmas)}, the number of sigmas')

        keypoints, keypoint_scores = _sorted(keypoints, keypoint_scores)
        leaders, groups = self._group(keypoints)
        if self.fuse:
            keypoints, keypoint_scores = _sorted(
                *fuse_groups(keypoints, keypoint_scores, groups))
        else:
            keypoints = keypoints[leaders]
            keypoint_scores = keypoint_scores[leaders]
        if not self.soft:
            return keypoints, keypoint_scores
        with_better = np.triu(self.pairwise_oks(keypoints), 1)
        left = 1 - with_better.max(0, initial=0)
        left = left.astype(keypoint_scores.dtype)
        return _sorted(keypoints, keypoint_scores * left[:, None])

    def pairwise_oks(self, keypoints: np.ndarray) -> np.ndarray:
        """OKS of every pair of poses (Eq. 11).

        As in COCO's evaluation, alpha is twice the sigma; the area of a pose
        is its keypoints' box.

        Args:
            keypoints (np.ndarray): (t, K, 2).

        Returns:
            np.ndarray: (t, t), symmetric.
        """
        return self._oks(*_points_and_area(keypoints), len(keypoints))

    def _group(self, keypoints: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Group candidates greedily, best first.

        The best candidate that is in no group yet leads one, and all it
        matches that are in none yet join.

        Args:
            keypoints (np.ndarray): (t, K, 2), sorted best first.

        Returns:
            tuple[np.ndarray]: The indices of m leaders, and for each
            candidate the number of its group, 0 to m - 1.
        """
        points, area = _points_and_area(keypoints)
        leaders = []
        groups = np.full(len(keypoints), -1)
        left = np.arange(len(keypoints))  # those in no group yet
        while len(left):
            same = self._oks(points.take(left, axis=2), area[left],
                             ROWS) > self.oks_thr
            group_of = groups[left]
            for i, matches in enumerate(same):
                if group_of[i] < 0:
                    group_of[matches & (group_of < 0)] = len(leaders)
                    group_of[i] = len(leaders)
                    leaders.append(left[i])
            groups[left] = group_of
            left = left[group_of < 0]
        return np.array(leaders, dtype=int), groups

    def _oks(self, points: np.ndarray, area: np.ndarray,
             count: int) -> np.ndarray:
        """OKS of the first poses with all t, see :func:`_points_and_area`:
        (count, t)."""
        x, y = points[:, :, :count, None] - points[:, :, None]
        distance = x**2 + y**2  # (K, count, t)
        tolerance = (2 * self.sigmas).astype(points.dtype)**2
        distance /= tolerance[:, None, None]
        distance /= area[:count, None] + area + area.dtype.type(np.spacing(1))
        return np.exp(-distance).mean(0)


def _points_and_area(keypoints: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Points (2, K, t) and box areas (t, ) of poses (t, K, 2).

    Keypoints come first, so that OKS's mean runs over whole rows of pairs.
    """
    keypoints = keypoints.astype(np.result_type(keypoints, np.float32))
    return (np.ascontiguousarray(keypoints.transpose(2, 1, 0)),
            np.ptp(keypoints, axis=1).prod(-1))


def _sorted(keypoints: np.ndarray,
            keypoint_scores: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """By falling mean score; of equals, the first stays first."""
    order = np.argsort(-keypoint_scores.mean(1), kind='stable')
    return keypoints[order], keypoint_scores[order]


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
