"""How crowded an image is, against boxes and joints counted by hand."""
import json

import numpy as np
import pytest
from xtcocotools.cocoeval import COCOeval

from mmpose_pinet.datasets.crowding import (EASY_BELOW, HARD_FROM, box_iou,
                                            crowd_index, max_box_iou,
                                            mean_box_iou)


def test_box_iou_of_boxes_apart_half_over_and_equal():
    boxes = np.array([[0, 0, 2, 2]])
    others = np.array([[5, 5, 6, 6], [1, 0, 3, 2], [0, 0, 2, 2]])
    np.testing.assert_allclose(box_iou(boxes, others), [[0, 2 / 6, 1]])


def test_max_box_iou_is_that_of_the_closest_pair():
    bboxes = np.array([[0, 0, 2, 2], [1, 0, 2, 2], [9, 9, 3, 3]])
    assert max_box_iou(bboxes) == pytest.approx(2 / 6)


def test_crowd_index_counts_the_labelled_joints_of_others():
    """Three joints each. The first box holds one labelled joint of the
    second person (and an unlabelled one); the second box holds all of the
    first person's, covered ones too, which is as many as its own."""
    keypoints = np.array([
        [[1, 1, 2], [2, 2, 1], [3, 3, 2]],
        [[2, 3, 2], [8, 8, 2], [0, 0, 0]],
    ], float)
    bboxes = np.array([[0, 0, 4, 4], [0, 0, 9, 9]], float)
    assert crowd_index(keypoints, bboxes) == pytest.approx((1 / 3 + 1) / 2)


def test_crowd_index_of_one_person_is_zero():
    assert crowd_index(np.full((1, 17, 3), 2.), np.array([[0, 0, 4, 4]])) == 0


def test_mean_box_iou_is_over_persons_each_with_its_closest():
    """Two pairs far apart, which overlap by 1/3 and 1: pairs that do not
    touch each other would bring a mean over all pairs down to 2/9."""
    bboxes = np.array([[0, 0, 2, 2], [1, 0, 2, 2], [9, 9, 3, 3], [9, 9, 3, 3]])
    assert mean_box_iou(bboxes) == pytest.approx((2 / 6 + 1) / 2)


def test_easy_and_hard_are_those_of_the_evaluator(tmp_path, monkeypatch):
    """xtcocotools' summary is asked which images it takes for which."""
    indices = [0, .199, .2, .799, .8, 1]
    ann_file = tmp_path / 'crowd.json'
    ann_file.write_text(
        json.dumps(
            dict(images=[
                dict(id=i, crowdIndex=index) for i, index in enumerate(indices)
            ])))
    evaluation = COCOeval(iouType='keypoints_crowd', sigmas=np.ones(17))
    evaluation.anno_file = (str(ann_file), None)
    evaluation.eval = dict(
        precision=np.zeros((10, 1, 1, 1, 1)), recall=np.zeros((10, 1, 1, 1)))
    asked = []
    monkeypatch.setattr(evaluation, 'evaluate',
                        lambda: asked.append(list(evaluation.params.imgIds)))
    monkeypatch.setattr(evaluation, 'accumulate', lambda: None)
    evaluation.summarize()

    crowding = np.array(indices)
    easy, hard = crowding < EASY_BELOW, crowding >= HARD_FROM
    assert asked == [
        np.flatnonzero(level).tolist() for level in (easy, ~easy & ~hard, hard)
    ]
