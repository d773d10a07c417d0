"""Gaussians drawn all at once are those drawn cell by cell."""
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpose_pinet.codecs.gaussian import draw_gaussians


def gaussians_by_loop(points, valid, heatmap_size, sigma, background_weight):
    """One point, one row, one cell after the other."""
    w, h = heatmap_size
    heatmaps = np.zeros((points.shape[1], h, w))
    weights = np.full_like(heatmaps, background_weight)
    for person, is_valid in zip(points, valid):
        for m, (x, y) in enumerate(person):
            if not (is_valid[m] and 0 <= x < w and 0 <= y < h):
                continue
            columns = range(
                math.floor(x - 3 * sigma - 1), math.ceil(x + 3 * sigma + 2))
            rows = range(
                math.floor(y - 3 * sigma - 1), math.ceil(y + 3 * sigma + 2))
            for j in set(rows) & set(range(h)):
                for i in set(columns) & set(range(w)):
                    value = math.exp(-((i - x)**2 + (j - y)**2) /
                                     (2 * sigma**2))
                    heatmaps[m, j, i] = max(heatmaps[m, j, i], value)
                    weights[m, j, i] = 1
    return heatmaps, weights


@st.composite
def drawings(draw):
    """Up to 4 persons on 2 maps, on and off the map, some unlabelled."""
    size = draw(st.tuples(st.integers(1, 24), st.integers(1, 24)))
    num_persons = draw(st.integers(0, 4))
    count = num_persons * 2
    # eighths of a cell: whole cells, halves and map borders come up
    points = [
        draw(
            st.lists(
                st.integers(-40, 8 * side + 40),
                min_size=count,
                max_size=count)) for side in size
    ]
    points = np.array(points, np.float32).T.reshape(num_persons, 2, 2) / 8
    valid = np.array(
        draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool)
    sigma = draw(st.sampled_from([0.5, 1., 2., 1.5]))
    return points, valid.reshape(num_persons, 2), size, sigma


@given(drawings())
def test_as_drawn_cell_by_cell(drawing):
    heatmaps, weights = draw_gaussians(*drawing, background_weight=0.1)
    expected, expected_weights = gaussians_by_loop(
        *drawing, background_weight=0.1)
    np.testing.assert_allclose(heatmaps, expected, atol=1e-6)
    np.testing.assert_allclose(weights, expected_weights)
    assert heatmaps.dtype == weights.dtype == np.float32


def test_window_in_figures():
    """x = 20.5, sigma 2: from floor(13.5) to ceil(28.5), end excluded."""
    heatmaps, weights = draw_gaussians(
        np.array([[[20.5, 30]]], np.float32), np.ones((1, 1), bool), (64, 64),
        2., 0.1)
    rows, columns = np.nonzero(weights[0] == 1)
    assert (columns.min(), columns.max()) == (13, 28)
    assert (rows.min(), rows.max()) == (23, 37)
    assert heatmaps[0, 30, 20] == pytest.approx(math.exp(-0.25 / 8))
    assert ((heatmaps[0] > 0) == (weights[0] == 1)).all()


@pytest.mark.parametrize('point', [(-0.01, 5), (5, -0.01), (10, 5), (5, 8)])
def test_point_outside_writes_nothing(point):
    """Nor does its window, though it reaches into the map."""
    heatmaps, weights = draw_gaussians(
        np.array([[point]], np.float32), np.ones((1, 1), bool), (10, 8), 2.,
        0.1)
    assert (heatmaps == 0).all()
    np.testing.assert_allclose(weights, 0.1)


@pytest.mark.parametrize('sigma', [0.01, 0.1, 0.2])
def test_a_narrow_gaussian_weighs_its_whole_window(sigma):
    """A value too small for a float32 is still above the background."""
    drawing = (np.array([[[5.5, 4.25]]], np.float32), np.ones(
        (1, 1), bool), (12, 9), sigma)
    heatmaps, weights = draw_gaussians(*drawing, background_weight=0.1)
    expected, expected_weights = gaussians_by_loop(
        *drawing, background_weight=0.1)
    assert expected.min() == 0 and (expected_weights == 1).sum() >= 12
    np.testing.assert_allclose(weights, expected_weights)
    np.testing.assert_array_equal(heatmaps > 0, weights == 1)
    np.testing.assert_allclose(heatmaps, expected, atol=1e-6)


@pytest.mark.parametrize('point', [(11.75, 3), (4, 8.75), (11.75, 8.75)])
def test_the_cell_beyond_the_border_writes_nothing_on_it(point):
    """Though it lies nearer to the point than the last cell does."""
    points, valid = np.array([[point]], np.float32), np.ones((1, 1), bool)
    drawing = points, valid, (12, 9), 2.
    for found, expected in zip(
            draw_gaussians(*drawing, background_weight=0.1),
            gaussians_by_loop(*drawing, background_weight=0.1)):
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize('size', [(1, 1), (2, 1), (1, 3)])
def test_a_map_smaller_than_the_window(size):
    points, valid = np.full((2, 2, 2), .5, np.float32), np.ones((2, 2), bool)
    drawing = points, valid, size, 2.
    for found, expected in zip(
            draw_gaussians(*drawing, background_weight=0.1),
            gaussians_by_loop(*drawing, background_weight=0.1)):
        np.testing.assert_allclose(found, expected, atol=1e-6)
