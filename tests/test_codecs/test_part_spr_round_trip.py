"""Poses back from the targets of PartSPR, and targets in the mirror."""
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_part_spr import build, rows_of

from mmpose_pinet.codecs.partitions import PARTITIONS

NUM_KEYPOINTS = {'coco': 17, 'crowdpose': 14}
PARTITION_NAMES = [(name, skeleton) for skeleton in sorted(PARTITIONS)
                   for name in PARTITIONS[skeleton]]


@st.composite
def crowds(draw):
    """A seed and up to 4 quarters of the image with a person in each."""
    quarters = draw(
        st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True))
    return draw(st.integers(0, 2**32 - 1)), quarters


def draw_crowd(crowd, parts, skeleton):
    """A codec, poses (N, K, 2) of persons apart from each other, areas."""
    seed, quarters = crowd
    codec = build(parts, heatmap_size=(64, 48), skeleton=skeleton)
    rng = np.random.default_rng(seed)
    origins = np.array([(128 * (q % 2), 96 * (q // 2)) for q in quarters])
    keypoints = origins[:, None] + rng.uniform(
        14, (114, 82), (len(quarters), NUM_KEYPOINTS[skeleton], 2))
    area = rng.uniform(1100, 9000, len(quarters))
    return codec, keypoints.astype(np.float32), area


@pytest.mark.parametrize('parts, skeleton', PARTITION_NAMES)
@settings(max_examples=8)
@given(crowd=crowds())
def test_decode_gives_the_poses_back(crowd, parts, skeleton):
    """One pose a person and part, whatever the partition, to 0.001 px."""
    codec, keypoints, area = draw_crowd(crowd, parts, skeleton)
    encoded = codec.encode(keypoints, None, area)
    poses, scores = codec.decode(
        encoded['heatmaps'], **{
            key: encoded[key]
            for key in ('part_indices', 'cell_indices', 'displacements')
        })
    error = np.abs(poses[:, None] - keypoints).max((2, 3))  # (t, N)
    assert (error.min(1) < 1e-3).all()
    found = np.bincount(error.argmin(1), minlength=len(keypoints))
    assert (found >= codec.num_parts).all()
    # the nearest cell lies at most half a cell off in x and in y: the part
    # score is exp(-0.5 / 8) or more, and so are the corners that a keypoint's
    # score is read from, one cell off at most
    assert scores.shape == poses.shape[:2]
    assert (scores > math.exp(-0.5 / 8) * math.exp(-2 / 8)).all()
    assert (scores <= 1 + 1e-6).all()


def test_a_peak_without_a_row_gives_no_pose():
    codec, keypoints, area = draw_crowd((3, [0, 3]), 'part-large', 'coco')
    encoded = codec.encode(keypoints, None, area)
    maps = torch.from_numpy(encoded['heatmaps'])[None, keypoints.shape[1]:]
    parts = codec.find_peaks(maps)[1]
    kept = encoded['part_indices'] != 1
    poses, scores = codec.decode(
        encoded['heatmaps'], **{
            key: encoded[key][kept]
            for key in ('part_indices', 'cell_indices', 'displacements')
        })
    assert len(poses) == len(scores) == (parts != 1).sum() < len(parts)
    assert np.abs(poses[:, None] - keypoints).max((2, 3)).min(1).max() < 1e-3


@pytest.mark.parametrize('parts, skeleton', PARTITION_NAMES)
@settings(max_examples=8)
@given(crowd=crowds())
def test_targets_of_a_mirrored_crowd(crowd, parts, skeleton):
    """Joints swapped, displacements mirrored, at all cells in common.

    Mirrored cell by cell, so that grid and mirrored grid coincide.
    """
    codec, keypoints, area = draw_crowd(crowd, parts, skeleton)
    flip = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
    if keypoints.shape[1] == 14:
        flip = [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 12, 13]
    members = [set(part) for part in codec.parts]
    part_flip = [members.index({flip[k] for k in m}) for m in members]

    mirrored = keypoints[:, flip] * [-1, 1] + [64 * 4 - 4, 0]
    encoded, encoded_mirrored = (
        codec.encode(x.astype(np.float32), None, area)
        for x in (keypoints, mirrored))
    order = flip + [len(flip) + s for s in part_flip]
    np.testing.assert_allclose(
        encoded_mirrored['heatmaps'],
        encoded['heatmaps'][order, :, ::-1],
        atol=1e-4)

    rows, rows_mirrored = rows_of(encoded), rows_of(encoded_mirrored)
    common = [((s, x, y), (part_flip[s], 63 - x, y)) for s, x, y in rows
              if (part_flip[s], 63 - x, y) in rows_mirrored]
    # cells [int(c) - 2, int(c) + 2) are half of them, not all
    assert len(common) >= len(rows) / 4
    for key, key_mirrored in common:
        np.testing.assert_allclose(
            rows_mirrored[key_mirrored][0],
            rows[key][0][flip] * [-1, 1],
            atol=1e-4)
        np.testing.assert_allclose(rows_mirrored[key_mirrored][1],
                                   rows[key][1][flip])


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_a_joint_that_is_nowhere_costs_no_part_points(value):
    """It is as if nobody had labelled it."""
    codec, keypoints, area = draw_crowd((3, [0, 3]), 'part-large', 'coco')
    visible = np.ones(keypoints.shape[:2])
    visible[1, 4] = 0
    expected = codec.encode(keypoints, visible, area)
    keypoints[1, 4] = value
    encoded = codec.encode(keypoints, np.ones_like(visible), area)
    labelled = expected['displacement_weights'] > 0
    for key, values in expected.items():
        assert np.isfinite(encoded[key]).all()
        if key == 'displacements':  # those of weight 0 may be anything
            values, encoded[key] = values[labelled], encoded[key][labelled]
        np.testing.assert_array_equal(encoded[key], values)
    # each part of both persons has its 16 cells
    assert (np.bincount(encoded['part_indices']) == 32).all()
