"""What a report says of one run."""
from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Sequence

from mmpose_pinet.evaluation.average_precision import Evaluation, Scores
from mmpose_pinet.evaluation.errors import ImageErrors, find_errors
from mmpose_pinet.evaluation.without_errors import ErrorCount, count_errors

from .truth import Truth


class Bin(NamedTuple):
    """AP on the images of a range of crowding; NaN without a person."""

    name: str
    images: int
    AP: float


@dataclass(frozen=True)
class Run:
    """A model's poses of a test set, judged.

    Attributes:
        name (str): Of the run.
        scores (Scores): On the whole set.
        levels (dict[str, float]): AP on ``easy``, ``medium`` and ``hard``
            images; NaN where there is none.
        curve (list[Bin]): AP by crowding.
        counts (dict[str, ErrorCount]): Of the errors, by kind.
        images (dict[int, ImageErrors]): Errors, by image id.
        score_thr (float): From which score on poses are shown.
    """

    name: str
    scores: Scores
    levels: Dict[str, float]
    curve: List[Bin]
    counts: Dict[str, ErrorCount]
    images: Dict[int, ImageErrors]
    score_thr: float


def judge(name: str, poses: Sequence[dict], truth: Truth,
          score_thr: float) -> Run:
    """Judge the poses of a run.

    Args:
        name (str): Of the run.
        poses (list[dict]): See :func:`~.poses.poses_of`.
        truth (Truth): Of the test.
        score_thr (float): From which score on poses are shown.
    """
    evaluation = Evaluation(truth.coco, poses, truth.iou_type,
                            truth.metainfo['sigmas'], truth.use_area)
    images = find_errors(evaluation, truth.metainfo['flip_indices'])
    return Run(
        name=name,
        scores=evaluation.scores(),
        levels={
            level: evaluation.scores(ids).AP
            for level, ids in truth.images_by_level().items()
        },
        curve=[
            Bin(bin_name, len(ids),
                evaluation.scores(ids).AP)
            for bin_name, ids in truth.images_by_crowding().items()
        ],
        counts=count_errors(evaluation, images, score_thr),
        images={image.image_id: image
                for image in images},
        score_thr=score_thr)
