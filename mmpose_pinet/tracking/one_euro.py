"""Smooths the keypoints of a tracked video: the one-euro filter."""
from dataclasses import replace
from typing import Union

import numpy as np

from mmpose_pinet.arguments import check_number
from mmpose_pinet.results import Result

# Whoever was not seen for so many seconds begins anew.
MEMORY = 1.


class OneEuro:
    """Smooth keypoints that rest, and follow those that move (Casiez, Roussel
    and Vogel, 2012).

    Each keypoint passes a low-pass whose cutoff grows with its speed.

    Args:
        rate (float): Frames a second.
        min_cutoff (float): Of a keypoint that rests, in Hz. The lower, the
            smoother, and the later.
        beta (float): How much the cutoff grows, in Hz, where a keypoint moves
            by the size of its person in a second: the root of the area of
            the keypoints' box, so that it holds for pictures of any size.
        speed_cutoff (float): Of the low-pass of the speed, in Hz.

    Raises:
        ValueError: If a number is out of its range.
    """

    def __init__(self,
                 rate: float,
                 min_cutoff: float = 1.,
                 beta: float = 10.,
                 speed_cutoff: float = 1.) -> None:
        check_number('rate', rate, above=0)
        check_number('min_cutoff', min_cutoff, above=0)
        check_number('beta', beta, least=0)
        check_number('speed_cutoff', speed_cutoff, above=0)
        self.rate = rate
        self.min_cutoff = min_cutoff
        self.beta = beta
        self.speed_cutoff = speed_cutoff
        # of n persons when they were last seen, and how long ago that was
        self._ids = np.zeros(0, int)
        self._state = np.zeros((2, 0, 0, 2))  # keypoints (px), speed (px/s)
        self._seconds = np.zeros(0)

    def __call__(self, result: Result) -> Result:
        """Smooth the keypoints of the next frame.

        Args:
            result (Result): Of the next frame, with ``ids``: every frame has
                to come.

        Returns:
            Result: With other ``keypoints``, and the ``bboxes`` of these.
        """
        self._seconds += 1 / self.rate
        poses = result.keypoints.astype(np.float64)
        state = np.stack([poses, np.zeros_like(poses)])
        known, now, before = np.intersect1d(
            result.ids, self._ids, return_indices=True)
        if len(known):
            state[:, now] = self._smooth(poses[now], *self._state[:, before],
                                         self._seconds[before, None, None])
        # those who are hidden keep what they had
        hidden = ~np.isin(self._ids, known) & (self._seconds < MEMORY)
        old = self._state[:, hidden].reshape(2, -1, *poses.shape[1:])
        self._ids = np.concatenate([result.ids, self._ids[hidden]])
        self._state = np.concatenate([state, old], axis=1)
        self._seconds = np.concatenate(
            [np.zeros(len(poses)), self._seconds[hidden]])
        keypoints = state[0].astype(result.keypoints.dtype)
        corners = keypoints.min(axis=1), keypoints.max(axis=1)
        return replace(
            result, keypoints=keypoints, bboxes=np.concatenate(corners, 1))

    def _smooth(self, poses: np.ndarray, smooth: np.ndarray, speed: np.ndarray,
                seconds: np.ndarray) -> np.ndarray:
        """The next state (2, n, K, 2) of poses (n, K, 2), so many seconds
        (n, 1, 1) after the last."""
        size = np.sqrt(np.ptp(poses, axis=1).prod(-1))[:, None, None]
        moved = (poses - smooth) / seconds
        speed = speed + _weight(self.speed_cutoff, seconds) * (moved - speed)
        fast = np.linalg.norm(speed, axis=-1, keepdims=True)
        cutoff = self.min_cutoff + self.beta * fast / np.maximum(size, 1)
        return np.stack(
            [smooth + _weight(cutoff, seconds) * (poses - smooth), speed])


def _weight(cutoff: Union[float, np.ndarray],
            seconds: np.ndarray) -> np.ndarray:
    """Of the newest value, in a low-pass of a cutoff in Hz."""
    turn = 2 * np.pi * cutoff * seconds
    return turn / (turn + 1)
