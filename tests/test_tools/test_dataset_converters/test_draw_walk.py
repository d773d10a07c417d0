"""The command that draws a crowd that walks."""
import json

import cv2
import pytest

SCRIPT = 'dataset_converters/draw_walk.py'


@pytest.fixture
def run(tool, monkeypatch):

    def run(*arguments):
        monkeypatch.setattr('sys.argv', ['a', *map(str, arguments)])
        tool['main']()

    return run


def test_the_script(run, tmp_path, capsys):
    run(tmp_path / 'a.mp4', '--seconds', '.5', '--rate', '10', '--persons',
        '2', '--seed', '3', '--image-size', '64')
    assert capsys.readouterr().out == (
        f'Written: {tmp_path}/a.mp4, {tmp_path}/a.json\n')
    video = cv2.VideoCapture(str(tmp_path / 'a.mp4'))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    content = json.loads((tmp_path / 'a.json').read_text())
    assert {ann['track_id'] for ann in content['annotations']} <= {1, 2}
    assert len(content['images']) == 5


def test_a_number_that_cannot_be(run, tmp_path):
    with pytest.raises(ValueError, match='seconds=-1.0 must be'):
        run(tmp_path / 'a.mp4', '--seconds', '-1')
    assert not (tmp_path / 'a.mp4').exists()
