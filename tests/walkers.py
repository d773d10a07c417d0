"""People whose true poses and identities are known in each frame."""
import numpy as np

from mmpose_pinet.datasets.drawn import walk
from mmpose_pinet.results import Result

SIGMAS = (.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062,
          .107, .107, .087, .087, .089, .089)
POSE = np.random.default_rng(0).uniform(0, 100, (17, 2))


def result_of(keypoints, scores=None, ids=None):
    """The persons of a frame (m, 17, 2); 17 keypoints score alike."""
    keypoints = np.asarray(keypoints, np.float32).reshape(-1, 17, 2)
    scores = np.ones(len(keypoints)) if scores is None else np.array(scores)
    return Result(
        keypoints=keypoints,
        keypoint_scores=np.repeat(scores[:, None], 17, 1),
        bboxes=np.concatenate(
            [keypoints.min(1), keypoints.max(1)], 1),
        bbox_scores=scores,
        keypoint_names=tuple('abcdefghijklmnopq'),
        skeleton_links=(),
        image_size=(256, 256),
        ids=None if ids is None else np.array(ids, int))


def walkers(seed, seconds=4., count=6):
    """True poses (T, n, 17, 2) of a drawn walk, at 25 frames a second."""
    people = walk._gather_walkers(np.random.default_rng(seed), count, seconds)

    def pose(walker, frame):
        person, height, origin, *_ = walk._place(walker, seed, frame / 25, 256)
        return person.keypoints * height + origin

    return np.array([[pose(walker, frame) for walker in people]
                     for frame in range(round(25 * seconds))])
