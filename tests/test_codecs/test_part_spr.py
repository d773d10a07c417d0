"""Targets of PartSPR."""
import math

import numpy as np
import pytest
from mmpose.datasets.transforms import GenerateTarget
from mmpose.registry import KEYPOINT_CODECS

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.codecs.gaussian import draw_gaussians

STRIDE = 4
SIZE = (32, 24)  # of the heatmaps
PARTS = [[0, 1], [2, 3, 4], [4], [0, 2]]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def build(parts, heatmap_size=SIZE, **kwargs):
    input_size = tuple(STRIDE * s for s in heatmap_size)
    return PartSPR(
        input_size=input_size,
        heatmap_size=heatmap_size,
        parts=parts,
        **kwargs)


def rows_of(encoded):
    """{(part, x, y): (displacements, weights)}"""
    width = encoded['heatmaps'].shape[-1]
    keys = [
        (part, cell % width, cell // width)
        for part, cell in zip(encoded['part_indices'], encoded['cell_indices'])
    ]
    assert len(set(keys)) == len(keys)
    values = zip(encoded['displacements'], encoded['displacement_weights'])
    return dict(zip(keys, values))


# --- encode -----------------------------------------------------------------


def part_centre_by_loop(part, points, visible):
    """Mean of the labelled keypoints, None without any."""
    labelled = [points[k] for k in part if visible[k] > 0]
    if not labelled:
        return None
    return [sum(p[axis] for p in labelled) / len(labelled) for axis in (0, 1)]


def rows_by_loop(points, visible, area):
    """{(part, x, y): (person, {keypoint: displacement})}, all in cells."""
    w, h = SIZE
    rows = {}
    for s, part in enumerate(PARTS):
        # the smallest person is drawn last and owns the cells it writes
        for n in np.argsort(-area):
            centre = part_centre_by_loop(part, points[n], visible[n])
            if centre is None or area[n] < 32**2:
                continue
            x, y = int(centre[0]), int(centre[1])
            keypoints = {
                k: p
                for k, p in enumerate(points[n])
                if visible[n, k] > 0 and 0 <= p[0] < w and 0 <= p[1] < h
            }
            if not (0 <= x < w and 0 <= y < h and keypoints):
                continue
            for i in range(max(x - 2, 0), min(x + 2, w)):
                for j in range(max(y - 2, 0), min(y + 2, h)):
                    rows[s, i, j] = n, {
                        k: (p[0] - i, p[1] - j)
                        for k, p in keypoints.items()
                    }
    return rows


def draw_persons(rng, num_persons):
    """Overlapping persons, some joints off the image or unlabelled."""
    centres = rng.uniform((10, 10), (118, 86), (num_persons, 1, 2))
    keypoints = centres + rng.uniform(-25, 25, (num_persons, 5, 2))
    visible = rng.choice([0, 1, 2], (num_persons, 5))
    area = rng.uniform(500, 4000, num_persons)
    return keypoints, visible, area


@pytest.mark.parametrize('num_persons', [1, 2, 6, 15])
def test_targets_as_by_loop(rng, num_persons):
    codec = build(PARTS)
    for _ in range(5):
        keypoints, visible, area = draw_persons(rng, num_persons)
        encoded = codec.encode(
            keypoints.astype(np.float32), visible, area.astype(np.float32))
        points = keypoints.astype(np.float32) / STRIDE

        # point maps: Gaussians at keypoints, then at part centres
        centres = np.full((num_persons, len(PARTS), 2), -1, np.float32)
        for n in np.flatnonzero(area >= 32**2):
            for s, part in enumerate(PARTS):
                centre = part_centre_by_loop(part, points[n], visible[n])
                if centre is not None:
                    centres[n, s] = centre
        heatmaps, weights = draw_gaussians(
            np.concatenate([points, centres], 1),
            np.concatenate(
                [visible > 0, np.ones(centres.shape[:2], bool)], 1), SIZE, 2.,
            0.1)
        np.testing.assert_allclose(encoded['heatmaps'], heatmaps, atol=1e-5)
        np.testing.assert_array_equal(encoded['heatmap_weights'], weights)

        # displacement rows
        rows, expected = rows_of(encoded), rows_by_loop(points, visible, area)
        assert rows.keys() == expected.keys()
        for key, (n, displacements) in expected.items():
            values, row_weights = rows[key]
            row_expected = np.zeros(5)
            for k, displacement in displacements.items():
                np.testing.assert_allclose(values[k], displacement, atol=1e-5)
                row_expected[k] = 1 / math.sqrt(area[n])
            np.testing.assert_allclose(row_weights, row_expected, rtol=1e-5)


def test_contract_of_shapes_and_types(rng):
    keypoints, visible, area = draw_persons(rng, 4)
    encoded = build(PARTS).encode(keypoints, visible, area[:, None])
    count = len(encoded['part_indices'])
    assert count > 0
    assert {
        name: (value.shape, value.dtype)
        for name, value in encoded.items()
    } == dict(
        heatmaps=((9, 24, 32), 'float32'),
        heatmap_weights=((9, 24, 32), 'float32'),
        part_indices=((count, ), 'int64'),
        cell_indices=((count, ), 'int64'),
        displacements=((count, 5, 2), 'float32'),
        displacement_weights=((count, 5), 'float32'))
    tables = {**PartSPR.field_mapping_table, **PartSPR.label_mapping_table}
    assert set(tables) == set(encoded)


def test_rows_around_one_part_in_figures():
    """Centre (10.5, 8.25): cells 8..11 by 6..9, displacement to the joint."""
    keypoints = np.array([[[42, 33], [80, 60]]], np.float32)
    encoded = build([[0]]).encode(keypoints, np.ones((1, 2)),
                                  np.array([1600.]))
    rows = rows_of(encoded)
    assert set(rows) == {(0, x, y) for x in range(8, 12) for y in range(6, 10)}
    displacements, weights = rows[0, 8, 9]
    np.testing.assert_allclose(displacements, [[2.5, -0.75], [12, 6]])
    np.testing.assert_allclose(weights, [1 / 40] * 2)


def test_smaller_person_owns_the_cell():
    """Whichever comes first, and though the larger knows more joints."""
    keypoints = np.array([[[40, 40], [60, 60]], [[44, 40], [70, 70]]], 'f')
    visible = np.array([[1, 1], [1, 0]])
    area = np.array([9000., 2000.])
    for order in ([0, 1], [1, 0]):
        encoded = build([[0]]).encode(keypoints[order], visible[order],
                                      area[order])
        rows = rows_of(encoded)
        displacements, weights = rows[0, 10, 10]
        np.testing.assert_allclose(displacements[0], [1, 0])
        np.testing.assert_allclose(weights, [2000**-0.5, 0], rtol=1e-6)
        # the larger keeps the column that the smaller does not reach
        displacements, weights = rows[0, 8, 10]
        np.testing.assert_allclose(displacements[0], [2, 0])
        assert (weights > 0).all()


def test_between_persons_of_equal_area_the_later_one_owns_the_cell():
    keypoints = np.full((3, 5, 2), 50, np.float32)
    keypoints[:, 1] += [[0, 0], [5, 3], [2, 9]]  # a joint of part 0 alone
    encoded = build(PARTS).encode(keypoints, None, np.full(3, 2000.))
    # whose displacement it is; rows_of asserts that no cell is there twice
    for (part, x, y), (displacements, _) in rows_of(encoded).items():
        if part != 0:
            np.testing.assert_allclose(
                displacements[1] + [x, y], keypoints[2, 1] / STRIDE, rtol=1e-6)
    assert set(encoded['part_indices']) == {0, 1, 2, 3}


def test_person_whose_keypoints_all_lie_outside_takes_no_cell():
    keypoints = np.full((2, 5, 2), 50, np.float32)
    keypoints[1, 0, 0], keypoints[1, 1, 0] = -28, 128  # between them: 50
    visible = np.ones((2, 5))
    visible[1, 2:] = 0
    area = np.array([2000., 1500.])  # the smaller one would own the cells
    both = build(PARTS).encode(keypoints, visible, area)
    alone = build(PARTS).encode(keypoints[:1], visible[:1], area[:1])
    for name in ('part_indices', 'cell_indices', 'displacements'):
        np.testing.assert_array_equal(both[name], alone[name])
    assert (both['displacement_weights'] > 0).all()


def test_small_person_has_keypoints_but_no_parts():
    keypoints = np.full((1, 5, 2), 50, np.float32)
    for area, is_large in [(32**2 - 1, False), (32**2, True)]:
        encoded = build(PARTS).encode(keypoints, None, np.array([area]))
        assert encoded['heatmaps'][:5].any()
        assert encoded['heatmaps'][5:].any() == is_large
        assert bool(len(encoded['part_indices'])) == is_large
    encoded = build(
        PARTS, min_instance_area=0).encode(keypoints, None, np.array([9.]))
    assert encoded['heatmaps'][5:].any() and len(encoded['part_indices'])


def test_part_without_labelled_keypoint_has_no_centre():
    keypoints = np.full((1, 5, 2), 50, np.float32)
    encoded = build(PARTS).encode(keypoints, np.array([[1, 1, 0, 0, 0]]),
                                  np.array([2000.]))
    assert set(encoded['part_indices']) == {0, 3}
    assert encoded['heatmaps'][5:].any((1, 2)).tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize('num_persons, visible', [(0, 1), (3, 0)])
def test_nobody(num_persons, visible):
    """An image of no person, or of persons without a labelled keypoint."""
    encoded = build(PARTS).encode(
        np.zeros((num_persons, 5, 2), np.float32),
        np.full((num_persons, 5), visible), np.full(num_persons, 2000.))
    assert encoded['part_indices'].shape == (0, )
    assert encoded['cell_indices'].shape == (0, )
    assert encoded['displacements'].shape == (0, 5, 2)
    assert encoded['displacement_weights'].shape == (0, 5)
    assert not encoded['heatmaps'].any()
    np.testing.assert_allclose(encoded['heatmap_weights'], 0.1)


@pytest.mark.parametrize('area', [0., 0.5])
def test_box_without_area_teaches_no_displacement(area):
    """One over its root would weigh 200 times an ordinary person's, also
    where small persons are trained. Its keypoints stay on the heatmaps."""
    keypoints = np.full((2, 5, 2), 50, np.float32)
    keypoints[1] = 20
    with np.errstate(all='raise'):  # nor is anything divided by its root
        encoded = build(
            PARTS, min_instance_area=0).encode(keypoints, None,
                                               np.array([area, 2000.]))
    weights = encoded['displacement_weights']
    np.testing.assert_allclose(weights, 2000**-.5, rtol=1e-5)
    alone = build(
        PARTS, min_instance_area=0).encode(keypoints[1:], None,
                                           np.array([2000.]))
    np.testing.assert_array_equal(encoded['cell_indices'],
                                  alone['cell_indices'])
    np.testing.assert_array_equal(encoded['heatmaps'][5:],
                                  alone['heatmaps'][5:])
    assert (encoded['heatmaps'][:5] > 0).sum() > (alone['heatmaps'][:5]
                                                  > 0).sum()


# --- wrong use --------------------------------------------------------------


def test_missing_area():
    with pytest.raises(ValueError, match='area.*BottomupBoxArea'):
        build(PARTS).encode(np.zeros((1, 5, 2)), np.ones((1, 5)))


def test_areas_of_other_persons():
    with pytest.raises(ValueError, match='area holds 2 values for 1'):
        build(PARTS).encode(np.zeros((1, 5, 2)), None, np.ones(2))


def test_part_of_a_joint_that_is_not_there():
    with pytest.raises(ValueError, match=r'parts\[1\]=\[2, 3, 4\].*4'):
        build(PARTS).encode(np.zeros((1, 4, 2)), None, np.ones(1))


@pytest.mark.parametrize('parts, message', [('limbs', "parts='limbs'"),
                                            ([[]], r'parts\[0\]=\[\]')])
def test_wrong_parts(parts, message):
    with pytest.raises(ValueError, match=message):
        build(parts)


# --- in MMPose --------------------------------------------------------------


def test_built_and_fed_by_mmpose(rng):
    """Through the registry and ``GenerateTarget``, with ``area``."""
    cfg = dict(
        type='PartSPR', input_size=(128, 96), heatmap_size=SIZE, parts='head')
    assert isinstance(KEYPOINT_CODECS.build(cfg), PartSPR)
    keypoints = rng.uniform(20, 60, (2, 17, 2)).astype(np.float32)
    results = dict(
        keypoints=keypoints,
        keypoints_visible=np.ones((2, 17), np.float32),
        area=np.array([1500, 2500], np.float32))
    results = GenerateTarget(encoder=cfg)(results)
    expected = KEYPOINT_CODECS.build(cfg).encode(keypoints, None,
                                                 results['area'])
    for key, value in expected.items():
        np.testing.assert_array_equal(results[key], value)
    assert len(expected['part_indices']) > 16
