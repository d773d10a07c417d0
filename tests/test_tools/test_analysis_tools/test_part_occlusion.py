"""Shares of occluded parts, against a count person by person."""
import json
import runpy
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmpose_pinet.codecs.partitions import PARTITIONS

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / 'tools/analysis_tools/part_occlusion.py'


@pytest.fixture(scope='module')
def tool():
    return runpy.run_path(str(SCRIPT))


def write_persons(path, visibility, **more):
    """A keypoint file of persons with these visibilities, (N, K)."""
    path.write_text(
        json.dumps(
            dict(annotations=[
                dict(
                    keypoints=np.column_stack([np.full((
                        len(v), 2), 9.5), v]).ravel().tolist(),
                    **more) for v in visibility
            ])))
    return str(path)


@pytest.mark.parametrize('skeleton, K', [('coco', 17), ('crowdpose', 14)])
def test_shares_are_those_of_a_count_one_by_one(tool, tmp_path, skeleton, K):
    rng = np.random.default_rng(0)
    visibility = rng.choice(3, (20, K), p=[0.4, 0.3, 0.3])
    path = write_persons(tmp_path / 'random.json', visibility)
    shares = tool['occluded_shares'](tool['read_visibility'](path))
    assert list(shares) == [
        'center', 'head', 'part-large', 'part-small', 'keypoint'
    ]
    for name, parts in PARTITIONS[skeleton].items():
        occluded = total = 0
        for person in visibility:
            for part in parts:
                total += 1
                if not any(person[joint] == 2 for joint in part):
                    occluded += 1
        assert shares[name] == pytest.approx(occluded / total)
    assert 0 < shares['part-large'] < shares['part-small'] < 1


def test_a_person_seen_from_the_waist_up(tool):
    visibility = np.array([[2] * 13 + [1] * 4])  # knees and ankles covered
    shares = tool['occluded_shares'](visibility)
    # hips are in the bottom part and in the legs
    assert shares['part-large'] == shares['part-small'] == 0
    assert shares['keypoint'] == pytest.approx(4 / 13)


def test_nobody_labelled_and_crowds_do_not_count(tool, tmp_path):
    seen, covered, unlabelled = ([v] * 17 for v in (2, 1, 0))
    path = write_persons(tmp_path / 'a.json', [seen, covered, unlabelled])
    assert tool['read_visibility'](path).tolist() == [seen, covered]
    path = write_persons(tmp_path / 'b.json', [seen], iscrowd=1)
    with pytest.raises(ValueError, match='no person with a labelled'):
        tool['read_visibility'](path)


def test_files_of_both_skeletons_in_one_table_and_picture(tmp_path):
    coco = write_persons(tmp_path / 'seen.json', [[2] * 17] * 3)
    crowdpose = write_persons(tmp_path / 'covered.json', [[1] * 14])
    out = tmp_path / 'occlusion.png'
    done = subprocess.run(
        [sys.executable, SCRIPT, coco, crowdpose, '--out', out],
        capture_output=True,
        text=True)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[:3]]
    assert rows[0][0] == 'persons' and rows[0][-1] == 'keypoint'
    assert rows[1] == ['seen', '3'] + ['0.0%'] * 5
    assert rows[2] == ['covered', '1'] + ['100.0%'] * 5
    assert cv2.imread(str(out)).shape == (600, 1050, 3)


@pytest.mark.parametrize('text, error', [
    ('no json', 'JSONDecodeError'),
    ('{"images": []}', "KeyError: 'annotations'"),
    ('{"annotations": [{"bbox": [0, 0, 1, 1]}]}', "KeyError: 'keypoints'"),
    ('{"annotations": []}', 'no person with a labelled keypoint'),
    ('{"annotations": [{"keypoints": [1, 2, 2]}]}', 'no skeleton has 1 key'),
])
def test_other_files_are_refused(tool, tmp_path, text, error):
    path = tmp_path / 'other.json'
    path.write_text(text)
    with pytest.raises(ValueError, match=error):
        tool['occluded_shares'](tool['read_visibility'](str(path)))


def test_a_file_that_is_not_there_is_named(tmp_path):
    done = subprocess.run([sys.executable, SCRIPT, tmp_path / 'none.json'],
                          capture_output=True,
                          text=True)
    assert done.returncode == 1
    assert 'none.json' in done.stderr and 'Traceback' not in done.stderr
