"""Shares of occluded parts, against a count person by person."""
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmpose_pinet.codecs.partitions import PARTITIONS

CONFIGS = Path(__file__).resolve().parents[3] / 'configs/pinet'
SCRIPT = 'analysis_tools/part_occlusion.py'


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
    shares = tool['occluded_shares'](tool['read_visibility'](path),
                                     tool['named_partitions'](K))
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
    shares = tool['occluded_shares'](visibility, tool['named_partitions'](17))
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


def test_files_of_both_skeletons_in_one_table_and_picture(start, tmp_path):
    coco = write_persons(tmp_path / 'seen.json', [[2] * 17] * 3)
    crowdpose = write_persons(tmp_path / 'covered.json', [[1] * 14])
    out = tmp_path / 'occlusion.png'
    done = start(coco, crowdpose, '--out', out)
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
])
def test_other_files_are_refused(tool, tmp_path, text, error):
    path = tmp_path / 'other.json'
    path.write_text(text)
    with pytest.raises(ValueError, match=error):
        tool['read_visibility'](str(path))


def test_a_file_that_is_not_there_is_named(start, tmp_path):
    done = start(tmp_path / 'none.json')
    assert done.returncode == 2
    assert 'none.json' in done.stderr and 'Traceback' not in done.stderr


# People with a skeleton of one's own


def test_a_config_says_what_the_parts_of_its_people_are(
        start, tmp_path, nine_keypoints):
    """Three parts; of two persons one is seen down to the second."""
    path = write_persons(tmp_path / 'nine.json',
                         [[2] * 9, [2, 2, 2, 2, 1, 0, 0, 0, 0]])
    done = start(path, '--config', nine_keypoints.config)
    assert done.returncode == 0, done.stderr
    head, row = (line.split() for line in done.stdout.splitlines())
    assert head == ['persons', 'nine_keypoints']
    assert row == ['nine', '2', f'{1 / 6:.1%}']


def test_a_partition_keeps_its_name(tool):
    config = str(CONFIGS / 'ablations/pinet_hrnet-w32_ochuman_ppg_head.py')
    assert tool['config_partitions']([config], 17) == {
        'head': PARTITIONS['coco']['head']
    }


def test_without_a_config_it_says_what_to_pass(tool):
    with pytest.raises(ValueError, match='9 keypoints .* as --config'):
        tool['named_partitions'](9)


def test_a_config_of_other_people_is_refused(tool, nine_keypoints):
    with pytest.raises(ValueError, match='17 keypoints, but .* has 9'):
        tool['config_partitions']([nine_keypoints.config], 17)


def test_a_config_without_parts_is_refused(tool):
    config = str(CONFIGS.parent / 'peers/dekr_hrnet-w32_ochuman.py')
    with pytest.raises(ValueError, match='no model.head.decoder.parts'):
        tool['config_partitions']([config], 17)
