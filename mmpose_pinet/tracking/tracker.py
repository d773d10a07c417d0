"""Gives the persons of a video their identities, frame by frame.

It needs numpy alone: the runtime of exported models tracks as well.
"""
from dataclasses import replace
from typing import Sequence, Tuple

import numpy as np

from mmpose_pinet.arguments import check_number
from mmpose_pinet.fusion import PoseFusion
from mmpose_pinet.results import Result

# Of what a track has moved since the last frame, in the mean that it is
# expected to move on: poses jitter, and people turn.
NEW_SHARE = .3


class Tracker:
    """Keep identities across the frames of one video, by OKS.

    Tracks and persons are paired greedily, the most alike first: the runtime
    has no scipy for an optimal assignment, which switched identities of the
    walking crowd as often (docs/video.md). A track that is missed moves on
    with the speed that it had.

    Args:
        sigmas (list[float]): K falloff constants, as of :class:`PoseFusion`.
        oks_thr (float): Persons with a greater OKS to a track may be it. It
            is the OKS of fusion, whose area is that of the keypoints' box.
        max_missed (int): A track that is missed in more frames than these,
            one after the other, has ended.
        start_score (float): The least score of a person that begins a track.
            One with less goes on with a track, or is left out.

    Raises:
        ValueError: If a number is out of its range.

    Examples:
        >>> tracker = Tracker(sigmas)
        >>> for result in model(frames):
        ...     print(tracker(result).ids)
    """

    def __init__(self,
                 sigmas: Sequence[float],
                 oks_thr: float = .2,
                 max_missed: int = 25,
                 start_score: float = .2) -> None:
        check_number('oks_thr', oks_thr, least=0, most=1)
        check_number('max_missed', max_missed, least=0, whole=True)
        check_number('start_score', start_score, least=0)
        self._fusion = PoseFusion(sigmas)
        self.oks_thr = oks_thr
        self.max_missed = max_missed
        self.start_score = start_score
        self._last_id = 0
        # of n tracks: where they are expected, and how they move a frame
        self._ids = np.zeros(0, int)
        self._keypoints = np.zeros((0, len(self._fusion.sigmas), 2))
        self._speed = np.zeros((0, 2))
        self._missed = np.zeros(0, int)

    def __call__(self, result: Result) -> Result:
        """Give the persons of the next frame their identities.

        Args:
            result (Result): Of the next frame: every frame has to come.

        Returns:
            Result: With ``ids``, from 1; none is ever given to another track.
            Persons that neither are nor begin a track are left out.

        Raises:
            ValueError: If K is not the number of sigmas.
        """
        keypoints = result.keypoints.astype(np.float64)
        self._keypoints += self._speed[:, None]
        tracks, persons = self._pair(keypoints)
        ids = np.zeros(len(result), int)  # 0: of no track
        ids[persons] = self._ids[tracks]
        self._go_on(tracks, keypoints[persons])
        new = (ids == 0) & (result.bbox_scores >= self.start_score)
        ids[new] = self._begin(keypoints[new])
        known = ids > 0
        return replace(
            result,
            keypoints=result.keypoints[known],
            keypoint_scores=result.keypoint_scores[known],
            bboxes=result.bboxes[known],
            bbox_scores=result.bbox_scores[known],
            ids=ids[known])

    def _pair(self, keypoints: np.ndarray) -> Tuple[list, list]:
        """Pair tracks with persons (m, K, 2): the indices of both."""
        number = len(self._ids)
        oks = self._fusion.pairwise_oks(
            np.concatenate([self._keypoints, keypoints]))[:number, number:]
        tracks, persons = [], []
        while oks.size and oks.max() > self.oks_thr:
            track, person = np.unravel_index(oks.argmax(), oks.shape)
            tracks.append(track)
            persons.append(person)
            oks[track] = oks[:, person] = 0
        return tracks, persons

    def _go_on(self, tracks: list, keypoints: np.ndarray) -> None:
        """Move tracks on to poses (n, K, 2), and end those that are lost."""
        moved = np.median(keypoints - self._keypoints[tracks], axis=1)
        frames = self._missed[tracks, None] + 1
        self._speed[tracks] += NEW_SHARE * moved / frames
        self._keypoints[tracks] = keypoints
        self._missed += 1
        self._missed[tracks] = 0
        self._keep(self._missed <= self.max_missed)

    def _begin(self, keypoints: np.ndarray) -> np.ndarray:
        """Begin a track of each pose (n, K, 2); returns their ids."""
        number = len(keypoints)
        ids = self._last_id + 1 + np.arange(number)
        self._last_id += number
        self._ids = np.concatenate([self._ids, ids])
        self._keypoints = np.concatenate([self._keypoints, keypoints])
        self._speed = np.concatenate([self._speed, np.zeros((number, 2))])
        self._missed = np.concatenate([self._missed, np.zeros(number, int)])
        return ids

    def _keep(self, which: np.ndarray) -> None:
        self._ids, self._keypoints = self._ids[which], self._keypoints[which]
        self._speed, self._missed = self._speed[which], self._missed[which]
