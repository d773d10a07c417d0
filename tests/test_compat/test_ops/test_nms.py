"""Boxes kept, and their scores, are those of plain loops."""
import math

import numpy as np
import pytest
import torch
from mmcv.ops import batched_nms, nms, soft_nms
from stand_in import needs_lite

pytestmark = needs_lite


def iou(first, second, offset):
    """Of two boxes whose widths are x2 - x1 + offset."""

    def area(x1, y1, x2, y2):
        return max(x2 - x1 + offset, 0) * max(y2 - y1 + offset, 0)

    common = area(*(max(pair) for pair in zip(first[:2], second[:2])),
                  *(min(pair) for pair in zip(first[2:], second[2:])))
    union = area(*first) + area(*second) - common
    return common / union if union else 0


def keep_by_loop(boxes, scores, threshold, offset):
    kept = []
    for i in np.argsort(-scores):
        if all(iou(boxes[i], boxes[j], offset) <= threshold for j in kept):
            kept.append(i)
    return kept


FACTORS = {
    'naive': lambda iou: float(iou < 0.3),
    'linear': lambda iou: 1 if iou < 0.3 else 1 - iou,
    'gaussian': lambda iou: math.exp(-iou**2 / 0.5)
}


def soften_by_loop(boxes, scores, method, offset, min_score):
    scores, kept = list(map(float, scores)), []
    left = list(range(len(boxes)))
    while left:
        best = max(left, key=scores.__getitem__)
        kept.append((best, scores[best]))
        left.remove(best)
        for j in left:
            scores[j] *= FACTORS[method](iou(boxes[best], boxes[j], offset))
        left = [j for j in left if scores[j] >= min_score]
    return kept


@pytest.fixture
def crowd():
    """30 boxes with whole px, of which many overlap, and distinct scores."""
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 40, (30, 2))
    boxes = np.hstack([corners, corners + rng.integers(10, 30, (30, 2))])
    boxes[7, 2:] = boxes[7, :2]  # nothing but a corner
    return boxes.astype(
        np.float32), rng.permutation(30).astype(np.float32) / 30


@pytest.mark.parametrize('offset', [0, 1])
@pytest.mark.parametrize('threshold', [0.1, 0.5])
def test_nms_keeps_what_a_loop_keeps(crowd, threshold, offset):
    dets, kept = nms(*crowd, threshold, offset)
    expected = keep_by_loop(*crowd, threshold, offset)
    assert 1 < len(expected) < 30
    assert kept.tolist() == expected
    np.testing.assert_array_equal(dets[:, :4], crowd[0][expected])
    np.testing.assert_array_equal(dets[:, 4], crowd[1][expected])


def test_the_last_pixel_decides():
    """10 px in common of 30: 1/3; as last pixels, 11 x 11 of 21 x 11 and
    alike, 121/341."""
    boxes = torch.tensor([[0., 0, 20, 10], [10, 0, 30, 10]])
    scores = torch.tensor([0.9, 0.8])
    assert len(nms(boxes, scores, 0.34, offset=0)[1]) == 2
    assert len(nms(boxes, scores, 0.34, offset=1)[1]) == 1


@pytest.mark.parametrize('offset', [0, 1])
@pytest.mark.parametrize('method', FACTORS)
def test_soft_nms_scores_as_a_loop_does(crowd, method, offset):
    dets, kept = soft_nms(
        *crowd, 0.3, 0.5, min_score=0.1, method=method, offset=offset)
    expected, scores = zip(*soften_by_loop(*crowd, method, offset, 0.1))
    assert 1 < len(expected) < 30
    assert kept.tolist() == list(expected)
    np.testing.assert_array_equal(dets[:, :4], crowd[0][kept])
    np.testing.assert_allclose(dets[:, 4], scores, rtol=1e-5)


def test_soft_nms_leaves_the_scores_it_was_given(crowd):
    boxes, scores = map(torch.from_numpy, crowd)
    before = scores.clone()
    soft_nms(boxes, scores)
    assert torch.equal(scores, before)


@pytest.mark.parametrize('suppress', [nms, soft_nms])
def test_no_boxes(suppress):
    dets, kept = suppress(torch.zeros(0, 4), torch.zeros(0), 0.5)
    assert dets.shape == (0, 5) and kept.shape == (0, )


@pytest.mark.parametrize('suppress', ['nms', 'soft_nms'])
def test_boxes_of_other_classes_suppress_none(crowd, suppress):
    boxes, scores = map(torch.from_numpy, crowd)
    classes = torch.arange(30) % 2
    _, kept = batched_nms(boxes, scores, classes,
                          dict(type=suppress, iou_threshold=0.3))
    alone = [
        batched_nms(boxes[classes == c], scores[classes == c], torch.zeros(15),
                    dict(type=suppress, iou_threshold=0.3))[1]
        for c in range(2)
    ]
    for c in range(2):
        assert kept[classes[kept] == c].tolist() == (alone[c] * 2 + c).tolist()
