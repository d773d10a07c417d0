"""Persons as MMPose's heads hand them over."""
from typing import Callable

from mmengine.structures import InstanceData
from mmpose.utils.tensor_utils import to_numpy

from mmpose_pinet.fusion import Persons, find_persons


def pack_persons(persons: Persons) -> InstanceData:
    """Pack the persons of an image as a head's prediction.

    Args:
        persons (Persons): m, best first.

    Returns:
        InstanceData: Arrays ``keypoints`` (m, K, 2), ``keypoint_scores``
        (m, K), ``bboxes`` (m, 4) and ``bbox_scores`` (m, ).
    """
    return InstanceData(
        keypoints=persons.keypoints,
        keypoint_scores=persons.keypoint_scores,
        bboxes=persons.bboxes,
        bbox_scores=persons.scores)


def fuse_candidates(candidates: InstanceData,
                    post_processor: Callable,
                    score_thr: float = 0.) -> InstanceData:
    """Turn what any head finds in an image into its persons (Sec. 3.4).

    Detectors such as RTMO score a candidate apart from its keypoints, in
    ``scores``. Fusion compares products of both, as PINet's own candidates
    have them: else a keypoint is taken from an unlikely candidate.

    Args:
        candidates (InstanceData): Arrays or tensors ``keypoints`` (t, K, 2)
            in any unit of length, ``keypoint_scores`` (t, K) and, of
            detectors, ``scores`` (t, ).
        post_processor (Callable): A :class:`PoseFusion` or anything that is
            called alike.
        score_thr (float): Persons under it are left out; 0: nobody.

    Returns:
        InstanceData: As of :func:`pack_persons`, in the candidates' unit.
    """
    keypoint_scores = to_numpy(candidates.keypoint_scores)
    if 'scores' in candidates:
        keypoint_scores = keypoint_scores * to_numpy(candidates.scores)[:,
                                                                        None]
    return pack_persons(
        find_persons(
            to_numpy(candidates.keypoints), keypoint_scores, post_processor,
            score_thr))
