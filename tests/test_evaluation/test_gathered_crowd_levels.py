"""AP by crowd level, gathered from processes that share the images."""
import os
from functools import partial

import pytest
from gloo import run_in
from mmengine.dataset import DefaultSampler
from two_persons import (ALL_IMAGES, evaluate, growing_noise, predictions,
                         write_annotations)


def evaluate_my_share(rank, ann_file, round_up):
    """Of the images that MMEngine's sampler gives this process."""
    os.chdir(os.path.dirname(ann_file))  # the shares are gathered in a file
    samples = predictions(ann_file, growing_noise)
    mine = DefaultSampler(samples, shuffle=False, round_up=round_up)
    return len(list(mine)), evaluate(
        ann_file, [samples[i] for i in mine], size=len(samples))


@pytest.mark.parametrize('round_up', [False, True])
def test_processes_gather_what_one_has(tmp_path, round_up):
    """Nine images do not divide by four; those that fill up count once."""
    ann_file = write_annotations(tmp_path / 'crowd.json', ALL_IMAGES)
    shares = run_in(
        4,
        partial(evaluate_my_share, ann_file=ann_file, round_up=round_up),
        folder=tmp_path)
    assert [n for n, _ in shares] == ([3] * 4 if round_up else [3, 2, 2, 2])
    alone = evaluate(ann_file, predictions(ann_file, growing_noise))
    assert 0 < alone['coco/AP mean_iou [0.9, 1]'] < 1
    for _, scores in shares:
        assert scores == alone
