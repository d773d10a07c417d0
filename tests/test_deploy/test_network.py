"""The network of exported files finds what the estimator finds."""
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpose.structures import PoseDataSample
from random_weights import TINY

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.deploy.network import GatheredPyramid, Network, highest_peaks
from mmpose_pinet.models.layers import FeaturePyramid


def make_codec(**kwargs):
    return PartSPR(
        input_size=(64, 64), heatmap_size=(16, 16), parts='center', **kwargs)


def peaks_by_hand(part_map, window, most):
    """(score, x, y) of cells that no cell within the window exceeds."""
    height, width = part_map.shape
    reach = window // 2
    peaks = []
    for y in range(height):
        for x in range(width):
            around = part_map[max(y - reach, 0):y + reach + 1,
                              max(x - reach, 0):x + reach + 1]
            if part_map[y, x] == around.max() and part_map[y, x] > 0:
                peaks.append((part_map[y, x], x, y))
    return sorted(peaks, reverse=True)[:most]


@pytest.mark.parametrize('side, window',
                         [(150, 3), (200, 3), (201, 5), (250, 5), (300, 5),
                          (301, 7), (350, 7)])
def test_peaks_keep_the_distance_that_the_size_of_the_maps_asks_for(
        side, window):
    part_map = np.random.default_rng(side).random((20, 33), np.float32)
    scores, points = highest_peaks(
        torch.from_numpy(part_map)[None, None], (side + 8, side - 8),
        make_codec(decode_max_instances=400))
    found = [(score, x, y)
             for score, (x, y) in zip(scores.tolist(), points.tolist())
             if score > 0]
    assert found == peaks_by_hand(part_map, window, 400)
    assert len(scores) == 400  # always as many


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 3), st.integers(1, 4))
def test_the_highest_peaks_are_those_of_the_codec(seed, images, most):
    """Those above the threshold, in the codec's own order."""
    maps = torch.rand(
        images, 1, 9, 12, generator=torch.Generator().manual_seed(seed))
    codec = make_codec(decode_max_instances=most, decode_thr=0.9)
    scores, points = highest_peaks(maps, (12, 9), codec)
    counts = scores > codec.decode_thr
    image, _, expected_points, expected_scores = codec.find_peaks(maps)
    owners = torch.arange(images).repeat_interleave(most)
    torch.testing.assert_close(owners[counts], image)
    torch.testing.assert_close(points[counts], expected_points)
    torch.testing.assert_close(scores[counts], expected_scores)


def test_reading_column_by_column_is_reading_at_once():
    levels = [torch.randn(2, 3, 16, 12), torch.randn(2, 5, 8, 6)]
    images = torch.tensor([0, 1, 1])
    points = torch.rand(4, 3, 2) * 20 - 3  # some beyond the map
    torch.testing.assert_close(
        GatheredPyramid(levels).read(images, points),
        FeaturePyramid(levels).read(images, points))


@pytest.mark.parametrize('head', ['PINetHead', 'PINetPlusHead'])
@pytest.mark.parametrize('flip_test', [True, False])
def test_candidates_are_those_of_the_estimator(checkpoint, flip_test, head):
    from mmengine.config import Config
    from mmpose.apis import init_model

    config = Config.fromfile(TINY)
    config.model.head.type = head
    config.model.test_cfg.flip_test = flip_test
    config.model.head.post_processor = None
    model = init_model(config, checkpoint, device='cpu')
    pictures = np.random.default_rng(1).integers(
        0, 256, (2, 128, 192, 3), dtype=np.uint8)
    samples = [
        PoseDataSample(
            metainfo=dict(
                input_size=(192, 128),
                input_center=np.array([96, 64]),
                input_scale=np.array([192, 128]),
                flip_indices=model.dataset_meta['flip_indices']))
        for _ in pictures
    ]
    with torch.no_grad():
        expected = model.test_step(
            dict(
                inputs=list(torch.from_numpy(pictures).permute(0, 3, 1, 2)),
                data_samples=samples))
        found = Network(model, flip_test).eval()(torch.from_numpy(pictures))
    for sample, keypoints, scores, valid in zip(expected, *found):
        persons = sample.pred_instances
        keypoints, scores = keypoints[valid].numpy(), scores[valid].numpy()
        order = np.argsort(-scores.mean(1), kind='stable')
        assert len(order) == len(persons) > 20
        np.testing.assert_allclose(
            keypoints[order], persons.keypoints, atol=1e-3)
        np.testing.assert_allclose(
            scores[order], persons.keypoint_scores, atol=1e-6)
