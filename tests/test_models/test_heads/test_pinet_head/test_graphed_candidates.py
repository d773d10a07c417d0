"""Candidates that are recorded are those of a plain test."""
import numpy as np
import pytest
import torch
from mmpose.structures import PoseDataSample
from small_head import C, S, build_small_head
from tape import Recorder

from mmpose_pinet.models.heads import pinet_head
from mmpose_pinet.models.heads.flip_test import FlipTest, PlainTest
from mmpose_pinet.models.heads.graphed_candidates import GraphedCandidates
from mmpose_pinet.models.heads.multiscale import ScaleTest

SIZES = [(12, 8), (20, 12)]
FLIP = (0, 2, 1, 4, 3)
# more rows at a time are summed in another order on some processors
ROUNDING = dict(rtol=1e-5, atol=1e-4)
EVERY = 2 * 2 * S * 30  # scales, images, parts, peaks


@pytest.fixture(autouse=True)
def no_gpu_to_wait_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'synchronize', lambda: None)


@pytest.fixture
def head():
    head = build_small_head(SIZES[0]).eval()
    head.decoder.decode_thr = 1.5
    return head


def draw_tests(seed, scales=(1., 2.), flip=FLIP):
    """Of two images, with levels of two sizes a scale."""
    torch.manual_seed(seed)
    tests = []
    for scale, (width, height) in zip(scales, SIZES):
        mirror = PlainTest()
        if flip:
            mirror = FlipTest(width, 2, 4., flip, (0, 1, 2))
        count = 4 if flip else 2
        levels = [
            torch.randn(count, C - 1, height, width),
            torch.randn(count, 1, height // 2, width // 2)
        ]
        tests.append(ScaleTest(scale, levels, mirror))
    return tests


class Graphs:
    """A head's recordings, held against its plain candidates."""

    def __init__(self, head):
        self.head, self.candidates = head, GraphedCandidates()
        self.recorder = self.candidates._graphs._record = Recorder()

    @torch.no_grad()
    def __call__(self, tests):
        images, *found, maps = self.candidates(self.head, tests)
        *expected, expected_maps = self.head.find_candidates(tests)
        counted = images != -1
        for one, other in zip([images, *found], expected):
            torch.testing.assert_close(one[counted], other, **ROUNDING)
        torch.testing.assert_close(maps, expected_maps, **ROUNDING)
        return images


@pytest.mark.parametrize('flip', [None, FLIP])
def test_replays_find_what_a_plain_test_finds(head, flip):
    graphs = Graphs(head)
    for seed in range(3):
        images = graphs(draw_tests(seed, flip=flip))
        # as many a scale, image and part, whatever there is
        assert len(images) == EVERY
        assert 0 < (images >= 0).sum() < len(images)
    assert graphs.recorder.count == 1


@pytest.mark.parametrize('changes', [
    dict(scales=(1., 1.5)),
    dict(flip=(0, 1, 2, 4, 3)),
])
def test_another_scale_or_mirror_has_its_own_recording(head, changes):
    graphs = Graphs(head)
    for given in {}, changes:
        for seed in range(2):
            graphs(draw_tests(seed, **given))
    assert graphs.recorder.count == 2


@pytest.mark.parametrize('name, value', [('decode_thr', 0.),
                                         ('decode_max_instances', 3)])
def test_another_number_of_the_decoder_has_its_own_recording(
        head, name, value):
    graphs = Graphs(head)
    for _ in range(2):
        for seed in range(2):
            graphs(draw_tests(seed, flip=None))
        setattr(head.decoder, name, value)
    assert graphs.recorder.count == 2


def test_without_recordings_peaks_alone_are_looked_at(head):
    """A candidate takes time: there is none where no peak is."""
    for tests in draw_tests(0), draw_tests(0, flip=None):
        images, *_ = head.find_candidates(tests)
        assert (images >= 0).all() and len(images) > 0
        every, *_ = head.find_candidates(tests, every=True)
        assert len(images) < len(every) == EVERY


def test_a_head_in_evaluation_replays(head, monkeypatch):
    """Here on a CPU, whose tensors pass for a GPU's."""
    monkeypatch.setattr(
        pinet_head, 'can_replay', lambda module, test_cfg, tensor: tensor.dim(
        ) == 4 and 'cuda_graphs' in test_cfg and not module.training)
    recorder = head._graphed_candidates._graphs._record = Recorder()
    torch.manual_seed(0)
    for features in torch.randn(3, 1, 2, C, 8, 12):
        persons, expected = (
            head.predict(features, [PoseDataSample()] * 2, test_cfg)
            for test_cfg in (dict(cuda_graphs=True), {}))
        for one, other in zip(persons, expected):
            assert len(one.keypoints) == len(other.keypoints) > 0
            np.testing.assert_allclose(one.keypoint_scores,
                                       other.keypoint_scores, **ROUNDING)
            np.testing.assert_allclose(one.keypoints, other.keypoints,
                                       **ROUNDING)
    assert recorder.count == 1
