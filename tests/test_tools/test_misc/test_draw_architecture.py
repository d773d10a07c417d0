"""The picture of the data flow in the docs."""
from pathlib import Path

import cv2

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = 'misc/draw_architecture.py'


def test_every_place_in_the_picture_is_in_the_package(tool):
    places = [f'{box.room}/{box.file}' for box in tool['BOXES'].values()]
    gone = {
        place
        for place in places if not (ROOT / 'mmpose_pinet' / place).exists()
    }
    assert gone == set()


def test_no_two_boxes_stand_in_one_place(tool):
    centres = [box.centre for box in tool['BOXES'].values()]
    assert len(set(centres)) == len(centres)


def test_the_command(tmp_path, start):
    out = tmp_path / 'architecture.png'
    done = start('--out', out)
    assert done.returncode == 0, done.stderr
    picture = cv2.imread(str(out))
    committed = cv2.imread(str(ROOT / 'docs/architecture.png'))
    # matplotlib versions differ by a few pixels
    for drawn, kept in zip(picture.shape[:2], committed.shape[:2]):
        assert abs(drawn - kept) < 20
    assert out.stat().st_size < 300_000
