"""Tells how crowded an image is: overlap of boxes, and CrowdPose's index."""
import numpy as np

# crowdIndex of easy and hard images, as xtcocotools' 'keypoints_crowd' splits
# them for AP(E), AP(M) and AP(H): easy < 0.2 <= medium < 0.8 <= hard. The
# CrowdPose paper says that easy ends at 0.1.
EASY_BELOW = 0.2
HARD_FROM = 0.8


def box_iou(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Measure the IoU of each pair of boxes.

    Args:
        boxes (np.ndarray): (n, 4) x1, y1, x2, y2.
        others (np.ndarray): (m, 4) x1, y1, x2, y2, in the same frame.

    Returns:
        np.ndarray: (n, m), between 0 and 1.
    """
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    high = np.minimum(boxes[:, None, 2:], others[:, 2:])
    overlap = np.clip(high - low, 0, None).prod(-1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    other_area = (others[:, 2:] - others[:, :2]).prod(-1)
    return overlap / (area[:, None] + other_area - overlap)


def max_box_iou(bboxes: np.ndarray) -> float:
    """Find the largest IoU between two boxes of an image.

    Args:
        bboxes (np.ndarray): (N, 4) x, y, w, h in image px; at least two.

    Returns:
        float: Between 0 and 1.
    """
    corners = np.column_stack([bboxes[:, :2], bboxes[:, :2] + bboxes[:, 2:]])
    iou = box_iou(corners, corners)
    return float(iou[np.triu_indices(len(iou), 1)].max())


def crowd_index(keypoints: np.ndarray, bboxes: np.ndarray) -> float:
    """Measure how crowded an image is, as CrowdPose defines it.

    The mean over persons of the labelled joints of others in a person's box
    over the person's own labelled joints, at most 1. Images under
    ``EASY_BELOW`` are easy, those from ``HARD_FROM`` on hard.

    Args:
        keypoints (np.ndarray): (N, K, 3) x, y in image px and visibility.
        bboxes (np.ndarray): (N, 4) x, y, w, h in image px.

    Returns:
        float: Between 0 and 1.
    """
    labelled = keypoints[..., 2] > 0
    offset = keypoints[..., :2] - bboxes[:, None, None, :2]
    within = ((offset >= 0) & (offset <= bboxes[:, None, None, 2:])).all(-1)
    joints = (within & labelled).sum(-1)  # [box, person]
    others = joints.sum(1) - joints.diagonal()
    return float(np.minimum(1, others / labelled.sum(1)).mean())


def mean_box_iou(bboxes: np.ndarray) -> float:
    """Average over persons the largest IoU of their box with another's.

    This is how OCHuman's authors average box IoUs (their "MaxIoU of each
    person"). The mean over all pairs would fall with every further person,
    however closely the crowd stands.

    Args:
        bboxes (np.ndarray): (N, 4) x, y, w, h in image px; N > 1.

    Returns:
        float: Between 0 and 1.
    """
    corners = np.column_stack([bboxes[:, :2], bboxes[:, :2] + bboxes[:, 2:]])
    iou = box_iou(corners, corners)
    np.fill_diagonal(iou, 0)
    return float(iou.max(axis=1).mean())
