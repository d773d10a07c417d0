"""The page about pictures: what it prints runs as it stands."""
import json
import re
import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest
from random_weights import TINY, save_random_weights

from mmpose_pinet import cli
from mmpose_pinet.datasets.drawn import draw_image
from mmpose_pinet.results import Result

PAGE = (Path(__file__).parents[1] / 'docs/pictures.md').read_text()


def blocks(language):
    return re.findall(rf'```{language}\n(.*?)```', PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What the page's commands find. The model is a slim one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('mmengine.device.utils.DEVICE', 'cpu')
    Path('photographs').mkdir()
    image, _ = draw_image(np.random.default_rng(0), 96)
    for name in 'crowd.jpg', 'other.jpg', 'photographs/a.jpg':
        cv2.imwrite(name, image)
    video = cv2.VideoWriter('match.mp4', cv2.VideoWriter_fourcc(*'mp4v'), 5,
                            image.shape[1::-1])
    for _ in range(2):
        video.write(image)
    video.release()
    save_random_weights(tmp_path / 'ochuman.pth')
    return tmp_path


def test_python(folder, capsys):
    names = {}
    for block in blocks('python'):
        exec(block.replace('pinet_hrnet-w32_ochuman', TINY.stem), names)
    assert re.search(r'persons in frame 1 of match.mp4, best score 0\.\d\d',
                     capsys.readouterr().out)
    assert (folder / 'drawn.jpg').is_file()
    assert (folder / 'photographs/a.jpg.json').is_file()
    assert {person['image_id'] for person in names['coco']} == {1, 2}


def test_shell(folder):
    command, _ = blocks('shell')  # the other tests a model on its data set
    for line in command.splitlines():
        _, *arguments = shlex.split(
            line.replace('pinet_hrnet-w32_ochuman', TINY.stem))
        assert cli.main(arguments) == 0
    for file in ('crowd.jpg', 'crowd.jpg.json', 'a.jpg.json'):
        assert (folder / 'poses' / file).is_file()
    content = json.loads((folder / 'match/match.json').read_text())
    assert len(content['frames']) == 2


def test_json(tmp_path):
    text, = blocks('json')
    (tmp_path / 'a.json').write_text(text)
    result = Result.load_json(tmp_path / 'a.json')
    assert repr(result) == '1 person in crowd.jpg, best score 0.52'
    assert result.keypoints.shape == (1, 2, 2)
