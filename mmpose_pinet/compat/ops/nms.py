"""Non-maximum suppression of boxes, behind ``mmcv.ops.nms`` and soft_nms."""
import torch
from torch import Tensor
from torchvision.ops import box_iou
from torchvision.ops import nms as torchvision_nms


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float,
        offset: int) -> Tensor:
    """Keep boxes that overlap no better one by more than a threshold.

    Args:
        boxes (Tensor): Boxes (N, 4) as x1, y1, x2, y2, in px.
        scores (Tensor): Their scores (N, ).
        iou_threshold (float): A larger IoU suppresses.
        offset (int): 1 where x2 and y2 are a box's last pixels, else 0.

    Returns:
        Tensor: Indices (M, ) of the boxes kept, best first.
    """
    return torchvision_nms(_with_ends(boxes, offset), scores, iou_threshold)


def softnms(boxes: Tensor, scores: Tensor, dets: Tensor, iou_threshold: float,
            sigma: float, min_score: float, method: int,
            offset: int) -> Tensor:
    """Lower the scores of boxes that overlap better ones (Soft-NMS).

    Args:
        boxes (Tensor): Boxes (N, 4) as x1, y1, x2, y2, in px.
        scores (Tensor): Their scores (N, ).
        dets (Tensor): Gets the kept boxes and their new scores in its first M
            of N rows (N, 5).
        iou_threshold (float): IoU from which on methods 0 and 1 lower.
        sigma (float): Width of method 2.
        min_score (float): Boxes that fall below are left out; never the best
            one, which is not looked at.
        method (int): 0 suppresses, 1 takes 1 - IoU times the score, 2 takes
            exp(-IoU^2 / sigma) times the score.
        offset (int): 1 where x2 and y2 are a box's last pixels, else 0.

    Returns:
        Tensor: Indices (M, ) of the boxes kept, best first.
    """
    ends = _with_ends(boxes, offset)
    scores = scores.clone()
    left = torch.arange(len(boxes))
    kept = []
    while len(left):
        best = left[scores[left].argmax()]
        kept.append(best)
        left = left[left != best]
        # two boxes without an area have none in common
        iou = box_iou(ends[None, best], ends[left])[0].nan_to_num(0)
        if method == 2:
            factor = torch.exp(-iou**2 / sigma)
        else:
            factor = torch.where(iou < iou_threshold, 1, (1 - iou) * method)
        scores[left] *= factor
        left = left[scores[left] >= min_score]
    kept = torch.stack(kept) if kept else left
    dets[:len(kept)] = torch.cat([boxes[kept], scores[kept, None]], dim=1)
    return kept


def _with_ends(boxes: Tensor, offset: int) -> Tensor:
    """Boxes whose width is x2 - x1, from such whose width is that plus
    ``offset``."""
    return boxes + boxes.new_tensor([0, 0, offset, offset])
