"""A drawn crowd on disk: same seed same bytes, overlap as asked, as COCO."""
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from xtcocotools.coco import COCO

from mmpose_pinet.datasets.crowding import EASY_BELOW, HARD_FROM
from mmpose_pinet.datasets.drawn import draw_crowd

SIZE = 128
NUM = 40


@pytest.fixture(scope='module')
def crowd(tmp_path_factory):
    """Annotation file of a small crowd."""
    out = tmp_path_factory.mktemp('crowd')
    return draw_crowd(out, NUM, image_size=SIZE, num_workers=1)


@pytest.fixture(scope='module')
def content(crowd):
    return json.loads(crowd.read_text())


def files_of(out):
    return {
        path.relative_to(out): path.read_bytes()
        for path in sorted(Path(out).rglob('*')) if path.is_file()
    }


def persons_of(content):
    """The annotations of each image, in the order of the images."""
    return [[
        a for a in content['annotations'] if a['image_id'] == image['id']
    ] for image in content['images']]


def iou(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    overlap = max(width, 0) * max(height, 0)
    return overlap / (a[2] * a[3] + b[2] * b[3] - overlap)


@pytest.mark.slow
def test_same_arguments_give_the_same_bytes_with_any_number_of_workers(
        tmp_path):
    for name, num_workers in (('one', 1), ('two', 2)):
        draw_crowd(
            tmp_path / name, 6, image_size=SIZE, num_workers=num_workers)
    one, two = files_of(tmp_path / 'one'), files_of(tmp_path / 'two')
    assert len(one) == 7
    assert one == two


@pytest.mark.parametrize('change', [dict(seed=1), dict(split='val')])
def test_another_seed_or_split_gives_other_images(tmp_path, change):
    ann_file = draw_crowd(tmp_path / 'a', 2, image_size=SIZE, num_workers=1)
    other = draw_crowd(
        tmp_path / 'b', 2, image_size=SIZE, num_workers=1, **change)
    assert ann_file.read_text() != other.read_text()
    images = [{
        path.read_bytes()
        for path in (file.parents[1] / file.stem).iterdir()
    } for file in (ann_file, other)]
    assert len(images[0] | images[1]) == 4


def test_half_of_the_images_have_boxes_that_overlap_by_more_than_half(content):
    overlaps = []
    for persons in persons_of(content):
        boxes = [person['bbox'] for person in persons]
        overlaps.append(
            max(iou(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1:]))
    assert sum(overlap > .5 for overlap in overlaps) == NUM // 2
    # people apart, people who touch and people who hide each other
    assert min(overlaps) < .02
    assert any(.1 < overlap < .5 for overlap in overlaps)
    assert max(overlaps) > .7


def test_crowd_index_is_that_of_crowdpose(content):
    levels = []
    for image, persons in zip(content['images'], persons_of(content)):
        ratios = []
        for person in persons:
            x, y, w, h = person['bbox']
            own = others = 0
            for other in persons:
                joints = other['keypoints']
                for kx, ky, v in zip(joints[::3], joints[1::3], joints[2::3]):
                    if v > 0 and other is person:
                        own += 1
                    elif v > 0 and x <= kx <= x + w and y <= ky <= y + h:
                        others += 1
            ratios.append(min(1, others / own))
        index = sum(ratios) / len(ratios)
        assert image['crowdIndex'] == pytest.approx(index, abs=1e-4)
        levels.append(index)
    # easy and hard images are there to be told apart
    assert np.mean(np.array(levels) < EASY_BELOW) >= .1
    assert np.mean(np.array(levels) >= HARD_FROM) >= .1


def test_file_loads_as_coco_and_holds_what_coco_holds(crowd):
    coco = COCO(str(crowd))
    assert len(coco.getImgIds()) == NUM
    assert coco.loadCats(1)[0]['keypoints'][5] == 'left_shoulder'
    ids = coco.getAnnIds()
    assert len(set(ids)) == len(ids) >= 2 * NUM
    seen = set()
    for person in coco.loadAnns(ids):
        image = coco.loadImgs(person['image_id'])[0]
        assert (crowd.parents[1] / 'train' / image['file_name']).is_file()
        joints = np.reshape(person['keypoints'], (17, 3))
        x, y, w, h = person['bbox']
        assert person['area'] == pytest.approx(w * h)
        assert 0 <= x and x + w <= SIZE and 0 <= y and y + h <= SIZE
        labelled = joints[joints[:, 2] > 0]
        assert person['num_keypoints'] == len(labelled)
        assert (labelled[:, :2] >= (x, y)).all()
        assert (labelled[:, :2] <= (x + w, y + h)).all()
        assert (joints[joints[:, 2] == 0] == 0).all()
        seen |= set(joints[:, 2])
    assert seen == {0, 1, 2}


@pytest.mark.parametrize('arguments, message', [
    (dict(num_images=0), 'num_images is 0'),
    (dict(num_images=1, image_size=8), 'image_size is 8'),
    (dict(num_images=1, seed=-1), 'seed is -1'),
    (dict(num_images=1, num_workers=0), 'num_workers is 0'),
])
def test_numbers_out_of_range_are_named(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_crowd(tmp_path, **arguments)


@pytest.mark.slow
def test_a_script_without_a_main_guard_gets_one_error(tmp_path):
    """Its drawing processes import it, and would draw in their turn."""
    script = tmp_path / 'script.py'
    script.write_text('from mmpose_pinet.datasets.drawn import draw_crowd\n'
                      f'draw_crowd({str(tmp_path)!r}, 4, image_size=64, '
                      'num_workers=2)\n')
    done = subprocess.run([sys.executable, script],
                          capture_output=True,
                          text=True,
                          timeout=120)
    assert done.returncode == 1
    assert done.stderr.count('Traceback') == 1
    assert "`if __name__ == '__main__':`" in done.stderr.splitlines()[-1]
