"""Photographs made small, of a folder in COCO's layout that is drawn here."""
import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FOLDER = Path(__file__).resolve().parents[3] / 'tools/dataset_converters'
SCRIPT = FOLDER / 'shrink_coco.py'
SIZES = {7: (64, 32), 9: (40, 80), 12: (30, 30)}  # w, h in px, by id
# of the first person of picture 7; half of its joints are unlabelled
JOINTS = np.array([[10 + i, 3 + i, 1 + i % 2] if i % 2 else [0, 0, 0]
                   for i in range(17)])
BOX = [8., 2., 20., 24.]


def person(image_id, keypoints=JOINTS, bbox=BOX, **other):
    keypoints = np.asarray(keypoints)
    return dict(
        dict(
            id=100 + image_id,
            image_id=image_id,
            category_id=1,
            iscrowd=0,
            num_keypoints=int((keypoints[:, 2] > 0).sum()),
            keypoints=keypoints.ravel().tolist(),
            bbox=bbox,
            area=123.,
            segmentation=[[0, 0, 1, 1, 0, 1]]), **other)


def write_coco(folder, year, splits, persons):
    """Pictures, in two halves of one colour each, and annotation files."""
    for split, ids in splits.items():
        pictures = folder / f'{split}{year}'
        pictures.mkdir(parents=True)
        images = []
        for id_ in ids:
            width, height = SIZES[id_]
            pixels = np.full((height, width, 3), 200, np.uint8)
            pixels[:, :width // 2] = (20, 60, 100)
            prefix = f'COCO_{split}2014_' if year == 2014 else ''
            name = f'{prefix}{id_:012d}.jpg'
            Image.fromarray(pixels).save(pictures / name, quality=95)
            images.append(
                dict(id=id_, file_name=name, width=width, height=height))
        file = folder / f'annotations/person_keypoints_{split}{year}.json'
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            json.dumps(
                dict(
                    images=images,
                    annotations=[a for a in persons if a['image_id'] in ids],
                    categories=[dict(id=1, name='person')])))


@pytest.fixture
def start(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(FOLDER))

    def start(*arguments):
        monkeypatch.setattr(sys, 'argv', [str(SCRIPT), *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(SCRIPT), run_name='__main__')
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return start


@pytest.fixture
def ids(tmp_path):
    """Picture 7 is of one of COCO's splits, 9 of the other."""
    folder = tmp_path / 'ids'
    folder.mkdir()
    (folder / 'train.txt').write_text('9\n7\n')
    (folder / 'val.txt').write_text('12')
    return folder


PERSONS = [
    person(7),
    person(7, bbox=[0., 0., 64., 32.], id=1),
    person(7, np.zeros((17, 3), int), id=2),  # unlabelled
    person(7, np.zeros((17, 3), int), id=3, iscrowd=1),
    person(9),
    person(12),
]


@pytest.mark.parametrize('year', [2014, 2017])
def test_either_year_gives_the_same_set(year, ids, start, tmp_path):
    write_coco(tmp_path, year, dict(train=[7, 12], val=[9]), PERSONS)
    code, said, _ = start(tmp_path, tmp_path / 'out', '--ids', ids)
    assert code == 0
    assert 'train.json: 2 images, 3 persons' in said
    content = json.loads((tmp_path / 'out/annotations/train.json').read_text())
    first, second = content['images']
    assert first == dict(
        id=9,
        file_name='000000000009.jpg',
        width=256,
        height=256,
        crowdIndex=0.)
    assert second['id'] == 7
    assert content['categories'] == [dict(id=1, name='person')]
    assert [a['id'] for a in content['annotations']] == [1, 2, 3]
    assert [a['image_id'] for a in content['annotations']] == [9, 7, 7]
    assert sorted(
        p.name for p in (tmp_path / 'out').rglob('*') if p.is_file()) == [
            '000000000007.jpg', '000000000009.jpg', '000000000012.jpg',
            'train.json', 'val.json'
        ]


def test_numbers_are_those_of_a_plain_computation(ids, start, tmp_path):
    """Picture 7 grows 4 times in width and 8 times in height."""
    write_coco(tmp_path, 2017, dict(train=[7, 12], val=[9]), PERSONS)
    start(tmp_path, tmp_path / 'out', '--ids', ids)
    content = json.loads((tmp_path / 'out/annotations/train.json').read_text())
    _, small, other = content['annotations']
    for i in range(17):
        x, y, visibility = JOINTS[i].tolist()
        assert small['keypoints'][3 * i:3 * i +
                                  3] == [4 * x, 8 * y, visibility]
    assert small['bbox'] == [32, 16, 80, 192]
    assert small['area'] == pytest.approx(0.53 * 80 * 192, abs=.005)
    assert small['num_keypoints'] == other['num_keypoints'] == 8
    assert small['iscrowd'] == 0 and small['category_id'] == 1
    assert set(small) == {
        'id', 'image_id', 'category_id', 'iscrowd', 'num_keypoints',
        'keypoints', 'bbox', 'area'
    }
    # each has the other's eight joints in its box, as many as its own
    assert content['images'][1]['crowdIndex'] == 1


def test_crowd_index_counts_others_joints(ids, start, tmp_path):
    one = np.zeros((17, 3), int)
    one[:4] = [[5, 5, 2], [6, 6, 1], [7, 7, 2], [8, 8, 2]]
    two = np.zeros((17, 3), int)
    two[:3] = [[8, 8, 2], [25, 25, 2], [26, 26, 2]]
    persons = [
        person(12, one, [4., 4., 5., 5.]),
        person(12, two, [20., 20., 8., 8.], id=1)
    ]
    write_coco(tmp_path, 2017, dict(val=[7, 9, 12]), PERSONS[:5] + persons)
    start(tmp_path, tmp_path / 'out', '--ids', ids)
    image, = json.loads(
        (tmp_path / 'out/annotations/val.json').read_text())['images']
    # the first box holds 1 of the second's joints beside its own 4
    assert image['crowdIndex'] == pytest.approx((1 / 4 + 0 / 3) / 2)


def test_pictures_are_squashed(ids, start, tmp_path):
    write_coco(tmp_path, 2017, dict(train=[7, 9, 12]), PERSONS)
    start(tmp_path, tmp_path / 'out', '--ids', ids)
    for path in (tmp_path / 'out').rglob('*.jpg'):
        pixels = np.asarray(Image.open(path)).astype(int)
        assert pixels.shape == (256, 256, 3)
        # away from the edge between the halves, which blurs
        assert abs(pixels[:, :100] - [20, 60, 100]).max() <= 8
        assert abs(pixels[:, 156:] - 200).max() <= 8


def test_grey_pictures_stay_grey(ids, start, tmp_path):
    """As the loader of a training expects them: it makes them coloured."""
    write_coco(tmp_path, 2017, dict(train=[7, 9, 12]), PERSONS)
    path = tmp_path / 'train2017/000000000012.jpg'
    Image.open(path).convert('L').save(path)
    start(tmp_path, tmp_path / 'out', '--ids', ids)
    assert Image.open(tmp_path / 'out/val/000000000012.jpg').mode == 'L'


def lose_a_picture(folder):
    (folder / 'train2017/000000000007.jpg').unlink()


def cut_a_picture(folder):
    path = folder / 'train2017/000000000007.jpg'
    path.write_bytes(path.read_bytes()[:400])


def swap_a_picture(folder):
    path = folder / 'train2017/000000000007.jpg'
    Image.open(path).resize((32, 64)).save(path)


def lose_annotations(folder):
    (folder / 'annotations/person_keypoints_train2017.json').unlink()


def lose_a_split(folder):
    lose_annotations(folder)
    write_coco(folder, 2017, dict(val=[9]), PERSONS)


def spoil_annotations(folder):
    file = folder / 'annotations/person_keypoints_train2017.json'
    file.write_text(file.read_text()[:-9])


def unlabel(folder):
    file = folder / 'annotations/person_keypoints_train2017.json'
    content = json.loads(file.read_text())
    content['annotations'] = content['annotations'][:-1]
    file.write_text(json.dumps(content))


@pytest.mark.parametrize('harm, error', [
    (lose_a_picture, r'1 of the 2 pictures of train are not beside '
     r'annotations/: .*train2017/000000000007.jpg'),
    (cut_a_picture, r'000000000007.jpg cannot be read: '),
    (swap_a_picture,
     r'000000000007.jpg is of 32 x 64 px, but its entry says 64 x 32'),
    (lose_annotations, r'holds no annotations/person_keypoints_train2017'),
    (lose_a_split, r'1 of the 2 pictures of train are not in the annotation '
     r'files. Are both of a year there, train and val\? 7\n'),
    (spoil_annotations,
     r'person_keypoints_train2017.json is no keypoint file of COCO: '),
    (unlabel,
     r'1 of the 1 pictures of val are of nobody with labelled joints: 12\n'),
])
def test_what_is_missing_is_named(harm, error, ids, start, tmp_path):
    write_coco(tmp_path, 2017, dict(train=[7, 9, 12]), PERSONS)
    harm(tmp_path)
    code, _, printed = start(tmp_path, tmp_path / 'out', '--ids', ids)
    assert code == 2
    assert re.search(error, printed), printed
    assert not list((tmp_path / 'out').rglob('*.json'))


@pytest.mark.parametrize('text, error', [
    ('7 x', "train.txt must list ids of pictures: .*'x'"),
    ('7 9 7', 'train.txt lists 3 ids, of which 2 differ'),
    ('', 'train.txt lists 0 ids'),
])
def test_odd_lists_are_named(text, error, tmp_path, start):
    (tmp_path / 'train.txt').write_text(text)
    code, _, printed = start(tmp_path, tmp_path / 'out', '--ids', tmp_path)
    assert code == 2
    assert re.search(error, printed)


def test_the_lists_that_come_with_it():
    """The pictures of docs/comparison.md: no two alike."""
    ids = {
        split: (FOLDER / f'coco_256/{split}.txt').read_text().split()
        for split in ('train', 'val')
    }
    assert {
        split: len(set(i))
        for split, i in ids.items()
    } == dict(
        train=2087, val=450)
    assert not set(ids['train']) & set(ids['val'])
