"""What holds of PartSPR's targets, whatever the annotations say.

A pose is read back exactly, and not only to half a cell, where its person
owns the peak's cell: displacements are not rounded. What is rounded is the
peak. It is the cell nearest to the part's centre, half a cell off at most in
x and in y, or up to a whole cell where the nearest would lie beyond the right
or bottom border of the map. Of two persons closer than a Gaussian is wide, a
peak may lie between their centres, and a cell that they share is the smaller
one's: there a pose is still one person's, never a mixture.
"""
import warnings

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from test_part_spr import PARTS, SIZE, STRIDE, build

K, S = 5, len(PARTS)
W, H = SIZE
SIGMA = 2.

ANY_NUMBER = st.one_of(
    st.floats(width=32), st.floats(-20, 150, width=32),
    st.sampled_from([0., -0., 4 * W, 4 * H, 4 * W - 1e-5, 1e38, -1e38]))


@st.composite
def annotations(draw, numbers):
    """Keypoints, visibilities and areas of up to 4 persons."""
    count = draw(st.integers(0, 4))

    def array(values, *shape):
        size = int(np.prod(shape))
        flat = draw(st.lists(values, min_size=size, max_size=size))
        return np.array(flat, np.float32).reshape(shape)

    visible = array(st.sampled_from([0, 1, 2]), count, K)
    return array(numbers, count, K, 2), visible, array(ANY_NUMBER, count)


def inside(points):
    return (points >= 0).all(-1) & (points < SIZE).all(-1)


@given(
    annotations(ANY_NUMBER), st.sampled_from([0., 1024.]),
    st.sampled_from([.3, 2., 7.]))
def test_no_annotation_breaks_targets(given, min_area, radius):
    """No error and no warning, no number that is not finite, no cell outside,
    and nothing drawn but near a point on the map."""
    keypoints, visible, area = given
    codec = build(PARTS, min_instance_area=min_area, radius=radius)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        encoded = codec.encode(keypoints, visible, area)
    for value in encoded.values():
        assert np.isfinite(value).all()
    heatmaps, weights = encoded['heatmaps'], encoded['heatmap_weights']
    assert heatmaps.shape == weights.shape == (K + S, H, W)
    assert heatmaps.dtype == weights.dtype == np.float32
    assert heatmaps.min() >= 0 and heatmaps.max() <= 1
    assert set(np.unique(weights)) <= {np.float32(.1), np.float32(1)}

    with np.errstate(all='ignore'):
        points = keypoints / STRIDE
    points[visible == 0] = np.nan
    points[~inside(points)] = np.nan
    cells = np.stack(np.meshgrid(np.arange(W), np.arange(H)), -1)
    for k in range(K):
        near = np.abs(cells[None] - points[:, k, None, None]) < 3 * SIGMA + 2
        assert not heatmaps[k, ~near.all(-1).any(0)].any()

    parts, places = encoded['part_indices'], encoded['cell_indices']
    assert ((parts >= 0) & (parts < S)).all()
    assert ((places >= 0) & (places < W * H)).all()
    assert len(set(zip(parts, places))) == len(parts)
    assert encoded['displacements'].shape == (len(parts), K, 2)
    row_weights = encoded['displacement_weights']
    assert row_weights.shape == (len(parts), K)
    # of a person of 1 px^2 at least, each row teaching some keypoint
    assert ((row_weights >= 0) & (row_weights <= 1)).all()
    assert (row_weights > 0).any(1).all()


def decode(codec, encoded):
    names = 'part_indices', 'cell_indices', 'displacements'
    return codec.decode(encoded['heatmaps'],
                        **{name: encoded[name]
                           for name in names})


@given(annotations(st.floats(0, 127, width=32)))
def test_each_decoded_pose_is_one_persons(given):
    """In crowds of any density."""
    keypoints, _, _ = given
    keypoints = np.minimum(keypoints, [4 * W - 1, 4 * H - 1])
    count = len(keypoints)
    codec = build(PARTS)
    encoded = codec.encode(
        keypoints.astype(np.float32), np.ones((count, K)),
        np.arange(count) * 100 + 2000)
    poses, scores = decode(codec, encoded)
    assert scores.shape == (len(poses), K)
    error = np.abs(poses[:, None] - keypoints).max((2, 3), initial=0)
    assert count == 0 or (error.min(1) < 1e-3).all()
    assert (scores > 0).all() and (scores <= 1 + 1e-6).all()


@given(
    st.lists(
        st.tuples(
            st.floats(0, 4 * W, exclude_max=True, width=32),
            st.floats(0, 4 * H, exclude_max=True, width=32)),
        min_size=K,
        max_size=K))
@example([(4 * W - .25, 4 * H - .25)] * K)  # the last cell
@example([(4 * 5 + 2, 4 * 5 + 2)] * K)  # between cells
def test_every_part_of_one_person_has_a_peak_in_half_a_cell(given):
    keypoints = np.array([given], np.float32)
    codec = build(PARTS)
    encoded = codec.encode(keypoints, np.ones((1, K)), np.array([2000.]))
    points = np.concatenate(
        [keypoints[0] / STRIDE] +
        [keypoints[0, part].mean(0, keepdims=True) / STRIDE for part in PARTS])
    for heatmap, point in zip(encoded['heatmaps'], points):
        y, x = np.unravel_index(heatmap.argmax(), heatmap.shape)
        nearest = np.clip(point, 0, [W - 1, H - 1])
        assert (np.abs(nearest - [x, y]) <= .5 + 1e-4).all()
    _, parts, peaks, _ = codec.find_peaks(
        torch.as_tensor(encoded['heatmaps'][None, K:]))
    # a centre between two cells has a peak in each
    assert set(parts.tolist()) == set(range(S))
    nearest = np.clip(points[K:], 0, [W - 1, H - 1])[parts]
    assert (np.abs(nearest - peaks.numpy()) <= .5 + 1e-4).all()
    poses, _ = decode(codec, encoded)
    assert len(poses) == len(parts)
    np.testing.assert_allclose(
        poses, np.repeat(keypoints, len(poses), 0), atol=1e-3)


@pytest.mark.parametrize('area, weight', [(.99, 0), (1., 1.), (4., .5)])
def test_boxes_of_a_pixel_and_more_have_rows(area, weight):
    encoded = build(
        PARTS, min_instance_area=0).encode(
            np.full((1, K, 2), 40, np.float32), None, np.array([area]))
    assert (encoded['displacement_weights'] == weight).all()
    assert len(encoded['part_indices']) == (16 * S if weight else 0)
