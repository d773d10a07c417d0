"""The picture of the partitions in the docs."""
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmpose_pinet.datasets.metainfo import metainfo_of

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = 'misc/draw_partitions.py'


@pytest.mark.parametrize('skeleton', ['coco', 'crowdpose'])
def test_stick_figure_has_its_left_on_the_right(tool, skeleton):
    joints = tool['STICK_FIGURES'][skeleton]
    meta = metainfo_of(len(joints))
    np.testing.assert_array_equal(joints[meta['flip_indices']],
                                  joints * [-1, 1])
    for k, name in meta['keypoint_id2name'].items():
        side = dict(left=1, right=-1).get(name.split('_')[0], 0)
        assert np.sign(joints[k, 0]) == side, name


@pytest.mark.parametrize('joints', [
    [[0, 0]],
    [[0, 0], [9, 5]],
    [[0, 0], [20, 0], [10, 15], [10, 5]],
])
def test_outline_keeps_its_distance(tool, joints):
    """No joint comes nearer to the rim than the band is wide."""
    joints = np.array(joints)
    rim = tool['outline'](joints)
    distances = [
        cv2.pointPolygonTest(rim, tuple(map(float, joint)), True)
        for joint in joints
    ]
    assert min(distances) == pytest.approx(tool['RADIUS'], rel=0.01)


def test_picture_in_the_docs_shows_the_tables_as_they_are(start, tmp_path):
    out = tmp_path / 'partitions.png'
    done = start('--out', out)
    assert done.returncode == 0, done.stderr
    committed = ROOT / 'docs/partitions.png'
    assert committed.stat().st_size < 150e3
    # Fonts and the edges of shapes differ between versions of matplotlib.
    # Fonts are grey, and an edge moves less than a cell of 16 px.
    drawn, expected = (
        cv2.resize(
            cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2HSV)[..., 1] /
            255,
            None,
            fx=1 / 16,
            fy=1 / 16,
            interpolation=cv2.INTER_AREA) for path in (out, committed))
    assert drawn.shape == expected.shape
    assert np.abs(drawn - expected).max() < 0.1
