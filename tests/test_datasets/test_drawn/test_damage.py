"""A drawn crowd that is damaged is told from a whole one."""
import json
import re
import shutil

import cv2
import numpy as np
import pytest

from mmpose_pinet.datasets.drawn import draw_crowd, find_damage


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp('whole')
    draw_crowd(out, 3, image_size=64, num_workers=1)
    return out


def cut(file):
    file.write_bytes(file.read_bytes()[:-300])


def without_persons(file):
    content = json.loads(file.read_text())
    content['annotations'] = content['annotations'][:1]
    file.write_text(json.dumps(content))


PICTURE, ANNOTATIONS = 'train/000001.jpg', 'annotations/train.json'


@pytest.mark.parametrize('file, damage, message', [
    (PICTURE, lambda file: file.unlink(), 'there is no such file'),
    (PICTURE, cut, 'truncated'),
    (PICTURE, lambda file: file.write_bytes(b''), 'no picture'),
    (PICTURE, lambda file: file.write_text('text'), 'no picture'),
    (PICTURE, lambda file: cv2.imwrite(str(file), np.zeros(
        (32, 64, 3))), r'has the size \(64, 32\), not \(64, 64\)'),
    (ANNOTATIONS, lambda file: file.unlink(), 'is not there'),
    (ANNOTATIONS, cut, 'is damaged'),
    (ANNOTATIONS, lambda file: file.write_bytes(b''), 'is damaged'),
    (ANNOTATIONS, lambda file: file.write_bytes(b'\xff\x00'), 'is damaged'),
    (ANNOTATIONS, lambda file: file.write_text('[]'), 'is damaged'),
    (ANNOTATIONS, without_persons, 'images without persons'),
])
def test_damage_is_named(whole, tmp_path, file, damage, message):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    assert find_damage(tmp_path, 3, 'train') is None
    damage(tmp_path / file)
    found = find_damage(tmp_path, 3, 'train')
    assert found.startswith(str(tmp_path / file))
    assert re.search(message, found)
    # drawing again mends it
    draw_crowd(tmp_path, 3, image_size=64, num_workers=1)
    assert find_damage(tmp_path, 3, 'train') is None


def test_another_number_of_images(whole):
    assert 'has 3 images, not 4' in find_damage(whole, 4, 'train')


def test_a_drawing_that_is_stopped_leaves_no_set(whole, tmp_path):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)

    def stop(images):
        yield next(images)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_crowd(
            tmp_path, 3, seed=1, image_size=64, num_workers=1, progress=stop)
    assert 'train.json is not there' in find_damage(tmp_path, 3, 'train')
