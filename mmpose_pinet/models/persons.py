"""Persons as MMPose's heads hand them over."""
from typing import Callable, Sequence

import torch
import torch.nn as nn
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from mmpose.utils.tensor_utils import to_numpy
from mmpose.utils.typing import ConfigType, SampleList
from torch import Tensor

from mmpose_pinet.fusion import NOT_FINITE, Persons, find_persons

# Of PINet's scores, products of heatmaps' values
SHOWN_FROM = 0.1


def shown_from(model: nn.Module) -> float:
    """Tell the least score of a person that is shown where nobody says.

    Args:
        model (nn.Module): A pose estimator. ``shown_from`` of its head, where
            scores mean something else than PINet's, is what it is.
    """
    return getattr(getattr(model, 'head', None), 'shown_from', SHOWN_FROM)


def shown_from_by_config(model: ConfigType) -> float:
    """Tell :func:`shown_from` of a model that is not built.

    Args:
        model (dict): Config of a pose estimator. Of its layers, only a head
            that has a ``shown_from`` is built.
    """
    head = model.get('head') or {}
    kind = head.get('type')
    kind = MODELS.get(kind) if isinstance(kind, str) else kind
    return (MODELS.build(head).shown_from
            if hasattr(kind, 'shown_from') else SHOWN_FROM)


def image_name(sample: PoseDataSample) -> str:
    """Name the image of a sample in an error: its file, if it has one."""
    return sample.metainfo.get('img_path') or 'an image without a file'


def check_features(maps: Sequence[Tensor], samples: SampleList) -> None:
    """Refuse the maps of a network that has diverged.

    Unchecked, they have no peaks, and nobody is found. A GPU is waited for.

    Args:
        maps (list[Tensor]): (n * B, ...) each, where images b, B + b, ... are
            views of one image.
        samples (list[PoseDataSample]): B.

    Raises:
        ValueError: If a value is NaN or infinite, with the images' names.
    """
    # one value that is not finite makes the sum so
    sums = sum(
        x.sum(tuple(range(1, x.dim())), dtype=torch.float32) for x in maps)
    finite = sums.isfinite().view(-1, len(samples)).all(0).tolist()
    wrong = [image_name(x) for x, fine in zip(samples, finite) if not fine]
    if wrong:
        raise ValueError(NOT_FINITE.format(', '.join(wrong), 'features'))


def check_persons(persons: InstanceData, image: str) -> None:
    """Refuse the persons of a network that has diverged, whatever its head.

    Boxes that are NaN overlap with none, so that such a head's NMS leaves
    thousands, and COCO's evaluation takes them for right.

    Args:
        persons (InstanceData): Arrays or tensors ``keypoints`` (m, K, 2) and
            ``keypoint_scores`` (m, K).
        image (str): Its name, for the error.

    Raises:
        ValueError: If a keypoint or a score is NaN or infinite.
    """
    for values in persons.keypoints, persons.keypoint_scores:
        if not torch.as_tensor(values).isfinite().all():
            raise ValueError(NOT_FINITE.format(image, 'keypoints or scores'))


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
                    score_thr: float = 0.,
                    image: str = 'an image') -> InstanceData:
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
        image (str): Its name, for errors.

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
            score_thr, image))
