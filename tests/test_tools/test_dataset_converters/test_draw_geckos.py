"""Drawn geckos are what their annotations and their metainfo file say."""
import json
from pathlib import Path

import cv2
import numpy as np

from mmpose_pinet.codecs.skeletons import load_skeleton

SCRIPT = 'dataset_converters/draw_geckos.py'
METAINFO = Path(__file__).resolve().parents[3] / \
    'configs/_base_/datasets/gecko.py'


def test_both_sets_are_written_and_share_no_picture(start, tmp_path):
    done = start(tmp_path, '--num-train', 3, '--num-val', 2)
    assert done.returncode == 0, done.stderr
    pictures = {}
    for split, number in (('train', 3), ('val', 2)):
        truth = json.loads(
            (tmp_path / f'annotations/{split}.json').read_text())
        assert len(truth['images']) == number
        for image in truth['images']:
            picture = cv2.imread(str(tmp_path / split / image['file_name']))
            assert picture.shape == (image['height'], image['width'], 3)
            pictures[picture.tobytes()] = split
        category, = truth['categories']
        assert category['keypoints'] == load_skeleton(str(METAINFO)).names
    assert len(pictures) == 5


def test_left_is_left_of_the_way_it_goes(tool):
    rng = np.random.default_rng(0)
    names = tool['KEYPOINTS']
    for _ in range(100):
        joints = dict(zip(names, tool['pose_gecko'](rng)))
        way = joints['neck'] - joints['belly']
        for side, sign in (('left', -1), ('right', 1)):
            hand = joints[f'{side}_hand'] - joints['neck']
            # y points down, so that positive turns are to the right
            assert np.sign(way[0] * hand[1] - way[1] * hand[0]) == sign


def test_a_joint_is_covered_where_a_later_gecko_lies(tool):
    """Each one drawn alone, and held against those before it."""
    rng = np.random.default_rng(1)
    counts = np.zeros(3, int)
    for _ in range(20):
        picture, geckos, flags = tool['draw_picture'](rng)
        alone = np.zeros((len(geckos), *picture.shape[:2]), np.uint8)
        for canvas, joints in zip(alone, geckos):
            tool['draw_gecko'](canvas, joints, 1)
        for i, k in np.ndindex(flags.shape):
            x, y = geckos[i, k].round().astype(int)
            if not (0 <= x < 128 and 0 <= y < 128):
                assert flags[i, k] == 0
            else:
                assert flags[i, k] == (1 if alone[i + 1:, y, x].any() else 2)
            counts[flags[i, k]] += 1
    assert counts[1:].min() > 20
