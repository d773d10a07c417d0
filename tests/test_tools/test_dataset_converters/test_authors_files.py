"""The authors' files, drawn here in small, in the layout of the configs."""
import json
import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config

FOLDER = Path(__file__).resolve().parents[3] / 'tools/dataset_converters'
CROWDPOSE = 'prepare_crowdpose.py'
OCHUMAN = 'prepare_ochuman.py'
WIDTH, HEIGHT = 8, 6


def write_split(file, pictures, ids, first_annotation=1, swapped=()):
    """Two persons an image; some entries with width and height swapped."""
    images, annotations = [], []
    pictures.mkdir(parents=True, exist_ok=True)
    for id_ in ids:
        cv2.imwrite(
            str(pictures / f'{id_}.jpg'), np.zeros((HEIGHT, WIDTH, 3),
                                                   np.uint8))
        size = (HEIGHT, WIDTH) if id_ in swapped else (WIDTH, HEIGHT)
        images.append(
            dict(
                id=id_,
                file_name=f'{id_}.jpg',
                width=size[0],
                height=size[1],
                crowdIndex=id_ / 100))
        annotations += [
            dict(
                id=first_annotation + len(annotations) + person,
                image_id=id_,
                keypoints=[id_, person, 2]) for person in range(2)
        ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        json.dumps(
            dict(
                images=images,
                annotations=annotations,
                categories=[dict(id=1, name='person')]),
            indent=1))


@pytest.fixture
def start(monkeypatch, capsys):
    """Start a script, in this process: PyTorch takes seconds to import."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def start(script, *arguments):
        monkeypatch.setattr(sys, 'argv', [script, *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(FOLDER / script), run_name='__main__')
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return start


@pytest.fixture
def crowdpose(tmp_path):
    folder = tmp_path / 'CrowdPose'
    for split, ids, swapped in (('train', (1, 2, 3), (1, 3)),
                                ('val', (4, ), ()), ('test', (5, 6), (6, ))):
        write_split(
            folder / f'json/crowdpose_{split}.json',
            folder / 'images',
            ids,
            swapped=swapped)
    return folder


@pytest.fixture
def ochuman(tmp_path):
    folder = tmp_path / 'OCHuman'
    for split, ids in (('val', (1, 2)), ('test', (3, ))):
        write_split(
            folder / f'ochuman_coco_format_{split}_range_0.00_1.00.json',
            folder / 'images',
            ids,
            swapped=(3, ))
    return folder


def state(folder):
    """Contents and times of all files, to see that nothing is touched."""
    return {
        file: (file.read_bytes(), file.stat().st_mtime_ns)
        for file in folder.rglob('*') if file.is_file()
    }


def test_crowdpose_comes_merged_mended_and_whole(crowdpose, tmp_path, start):
    before = state(crowdpose)
    out = tmp_path / 'out'
    code, printed, errors = start(CROWDPOSE, crowdpose, '--out', out)
    assert code == 1  # the counts are not the published ones
    assert 'trainval.json has 4 images, but 12000 are published' in errors
    assert 'swapped in 2 of 3 entries' in printed
    assert state(crowdpose) == before
    assert not list(out.rglob('*.part'))

    merged = json.loads(
        (out / 'annotations/mmpose_crowdpose_trainval.json').read_text())
    assert [image['id'] for image in merged['images']] == [1, 2, 3, 4]
    assert {(image['width'], image['height'])
            for image in merged['images']} == {(WIDTH, HEIGHT)}
    assert [image['crowdIndex']
            for image in merged['images']] == [.01, .02, .03, .04]
    # train's ids are 1 to 6, and so are val's: 1 and 2 are taken
    assert [person['id']
            for person in merged['annotations']] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [person['image_id']
            for person in merged['annotations']] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert merged['annotations'][-1]['keypoints'] == [4, 1, 2]
    assert (out / 'images/6.jpg').is_file()


def test_a_second_run_changes_nothing(crowdpose, tmp_path, start):
    out = tmp_path / 'out'
    start(CROWDPOSE, crowdpose, '--out', out)
    before = state(out)
    _, printed, _ = start(CROWDPOSE, crowdpose, '--out', out)
    assert state(out) == before and printed.count('is there') == 4


@pytest.mark.parametrize('script, config', [
    (CROWDPOSE, 'pinet_hrnet-w32_crowdpose.py'),
    (OCHUMAN, 'pinet_hrnet-w32_ochuman.py'),
])
def test_configs_find_what_is_made(request, tmp_path, start, script, config):
    folder = request.getfixturevalue('crowdpose' if script ==
                                     CROWDPOSE else 'ochuman')
    start(script, folder, '--out', tmp_path / 'out')
    config = Config.fromfile(FOLDER.parents[1] / 'configs/pinet' / config)
    for loop in ('train', 'val', 'test'):
        dataset = config[f'{loop}_dataloader'].dataset
        assert (tmp_path / 'out' / dataset.ann_file).is_file()
        assert (tmp_path / 'out' / dataset.data_prefix.img).is_dir()


@pytest.mark.parametrize('script, images, persons', [
    (OCHUMAN, 2500 + 2231, 8110),
    (CROWDPOSE, 20000, None),
])
def test_splits_sum_up_to_what_is_published(monkeypatch, script, images,
                                            persons):
    """Of the authors' pages and papers, which tell of all splits together."""
    monkeypatch.syspath_prepend(str(FOLDER))
    files = runpy.run_path(str(FOLDER / script))['FILES']
    splits = [file for file in files if len(file.sources) == 1]
    assert sum(file.num_images for file in splits) == images
    if persons is not None:
        assert sum(file.num_persons for file in splits) == persons


def test_published_counts_end_well(monkeypatch, ochuman, tmp_path):
    monkeypatch.syspath_prepend(str(FOLDER))
    script = runpy.run_path(str(FOLDER / 'authors_files.py'))
    name = 'ochuman_coco_format_val_range_0.00_1.00.json'
    for persons, odds in ((4, 0), (5, 1)):
        file = script['Prepared'](name, [name], 2, persons)
        assert len(script['prepare'](ochuman, tmp_path / 'out',
                                     [file])) == odds


def test_ochuman_in_its_own_place_is_not_mended_there(ochuman, start):
    folder = ochuman / 'annotations'
    folder.mkdir()
    for file in ochuman.glob('*.json'):
        file.rename(folder / file.name)
    before = state(ochuman)
    code, _, errors = start(OCHUMAN, ochuman, '--out', ochuman)
    assert code == 2 and "the authors' own file" in errors
    assert state(ochuman) == before


def lose_a_picture(folder):
    (folder / 'images/6.jpg').unlink()


def change_a_picture(folder):
    cv2.imwrite(
        str(folder / 'images/5.jpg'), np.zeros((HEIGHT, 3, 3), np.uint8))


def lose_a_file(folder):
    (folder / 'json/crowdpose_test.json').unlink()


def break_a_file(folder):
    (folder / 'json/crowdpose_test.json').write_text('{')


def repeat_an_image(folder):
    write_split(folder / 'json/crowdpose_val.json', folder / 'images', [2])


@pytest.mark.parametrize('harm, message', [
    (lose_a_picture, '1 of 2 pictures'),
    (lose_a_picture, '6.jpg (there is no such file)'),
    (change_a_picture, '5.jpg (3 x 6 px in place of 8 x 6)'),
    (lose_a_file, 'holds no crowdpose_test.json'),
    (break_a_file, 'is no JSON'),
    (repeat_an_image, 'image id 2 stands twice'),
])
def test_what_cannot_be_mended_writes_nothing(crowdpose, tmp_path, start, harm,
                                              message):
    harm(crowdpose)
    code, _, errors = start(CROWDPOSE, crowdpose, '--out', tmp_path / 'out')
    assert code == 2 and message in ' '.join(errors.split())
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('script', [CROWDPOSE, OCHUMAN])
def test_help_shows_an_example(start, script):
    code, printed, _ = start(script, '--help')
    assert code == 0
    assert f'python tools/dataset_converters/{script}' in printed
