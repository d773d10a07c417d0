"""Poses of pictures and videos, written to a folder."""
import json
import shutil

import cv2
import numpy as np
import pytest

from mmpose_pinet.apis.predict import predict
from mmpose_pinet.pictures.inputs import open_inputs
from mmpose_pinet.results import Result


def files_of(folder):
    return sorted(
        str(file.relative_to(folder)) for file in folder.rglob('*')
        if file.is_file())


def test_a_picture(model, pictures, tmp_path):
    result, = predict(model, str(pictures[1]), tmp_path / 'out')
    assert files_of(tmp_path / 'out') == ['1.png', '1.png.json']
    drawn = cv2.imread(str(tmp_path / 'out/1.png'))
    assert (drawn == result.plot()).all()
    assert (drawn != cv2.imread(str(pictures[1]))).any()
    again = Result.load_json(tmp_path / 'out/1.png.json')
    assert len(again) == len(result) > 0


def test_a_pattern_keeps_folders_apart(model, pictures, tmp_path):
    for place in 'in/a/1.png', 'in/b/1.png', 'in/1.bmp':
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / place), cv2.imread(str(pictures[1])))
    results = list(predict(model, f'{tmp_path}/in/**/*', tmp_path / 'out', 2))
    assert len(results) == 3
    drawn = ['1.bmp', 'a/1.png', 'b/1.png']
    assert files_of(
        tmp_path / 'out') == sorted(drawn + [f'{file}.json' for file in drawn])


def test_a_video(model, video, tmp_path):
    results = list(predict(model, str(video), tmp_path / 'out', batch_size=2))
    assert files_of(tmp_path / 'out') == ['b.json', 'b.mp4']
    content = json.loads((tmp_path / 'out/b.json').read_text())
    assert [frame['frame'] for frame in content['frames']] == [0, 1, 2, 3, 4]
    assert [len(frame['persons']) for frame in content['frames']
            ] == [len(result) for result in results]
    assert {result.source for result in results} == {str(video)}

    # each frame is drawn with its own persons
    drawn = cv2.VideoCapture(str(tmp_path / 'out/b.mp4'))
    assert drawn.get(cv2.CAP_PROP_FPS) == 5
    expected = [
        result.plot(picture.image)
        for result, picture in zip(results,
                                   open_inputs(video).pictures)
    ]
    for number in range(5):
        frame = drawn.read()[1].astype(int)
        gaps = [np.abs(frame - other).mean() for other in expected]
        assert np.argmin(gaps) == number
    assert not drawn.read()[0]


def test_nothing_is_overwritten(model, pictures, video, tmp_path):
    picture = shutil.copy(pictures[1], tmp_path / 'a.png')
    with pytest.raises(ValueError, match='would overwrite .*a.png'):
        list(predict(model, str(picture), tmp_path))
    assert files_of(tmp_path) == ['a.png']
    film = shutil.copy(video, tmp_path / 'b.mp4')
    with pytest.raises(ValueError, match='would overwrite .*b.mp4'):
        list(predict(model, str(film), tmp_path))
    assert film.stat().st_size == video.stat().st_size


# Hostile names

NAMES = [
    '$(touch ran).png', '; touch ran.png', '-o.png', '..png', '%2e%2e%2f.png',
    '..\\..\\a.png', 'a|b<script>.png', 'a\n\x1b[2J.png', 'no utf-8 \udcff.png'
]


def test_names_of_files_do_nothing(model, pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'in').mkdir()
    for name in NAMES:
        shutil.copy(pictures[1], tmp_path / 'in' / name)
    for result in predict(model, tmp_path / 'in', tmp_path / 'out'):
        assert str(result).isprintable()
    assert files_of(tmp_path / 'out') == sorted(
        [*NAMES, *(f'{name}.json' for name in NAMES)])
    assert {p.name for p in tmp_path.iterdir()} == {'in', 'out'}


def test_a_video_whose_name_is_no_text(model, video, tmp_path):
    """OpenCV would end the process."""
    shutil.copy(video, tmp_path / 'a\udcff.avi')
    with pytest.raises(ValueError, match=r'a\?.avi: .*rename the video'):
        next(predict(model, str(tmp_path / 'a\udcff.avi'), tmp_path / 'out'))
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('source', ['in/*/../../b.png', '*/../b.png'])
def test_a_pattern_does_not_leave_the_folder(model, pictures, tmp_path,
                                             monkeypatch, source):
    (tmp_path / 'in/a').mkdir(parents=True)
    shutil.copy(pictures[1], tmp_path / 'b.png')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match='has .. after a wildcard'):
        next(predict(model, source, tmp_path / 'far/out'))
    assert files_of(tmp_path) == ['b.png'] and not (tmp_path / 'far').exists()
