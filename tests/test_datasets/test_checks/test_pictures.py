"""Files that are pictures, and others."""
import cv2
import numpy as np
import pytest

from mmpose_pinet.datasets.checks import (PictureError, read_header,
                                          read_picture, read_pictures)


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.bmp', '.webp'])
@pytest.mark.parametrize('read', [read_header, read_picture])
def test_a_sound_picture_tells_its_size(tmp_path, pixels, suffix, read):
    file = str(tmp_path / f'a{suffix}')
    cv2.imwrite(file, pixels)
    assert read(file).size == (64, 48)


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
@pytest.mark.parametrize('kept', [0.1, 0.5, 0.95])
def test_a_picture_that_is_cut_off_is_found(tmp_path, pixels, suffix, kept):
    """Its header may be whole."""
    file = tmp_path / f'a{suffix}'
    cv2.imwrite(str(file), pixels)
    content = file.read_bytes()
    file.write_bytes(content[:int(kept * len(content))])
    with pytest.raises(PictureError) as error:
        read_picture(str(file))
    assert not error.value.is_missing


def test_what_is_no_picture_and_what_is_not_there(tmp_path):
    file = tmp_path / 'a.jpg'
    file.write_text('no picture')
    with pytest.raises(PictureError, match='no picture'):
        read_header(str(file))
    with pytest.raises(PictureError) as error:
        read_header(str(tmp_path / 'b.jpg'))
    assert error.value.is_missing
    with pytest.raises(PictureError):
        read_header(str(tmp_path))  # a folder


def test_many_come_back_in_their_order(tmp_path):
    files = []
    for side in range(1, 41):
        files.append(str(tmp_path / f'{side}.png'))
        cv2.imwrite(files[-1], np.zeros((side, 2, 3), np.uint8))
    files.insert(7, str(tmp_path / 'missing.png'))
    found = list(read_pictures(files))
    assert [file for file, _ in found] == files
    assert isinstance(found.pop(7)[1], PictureError)
    assert [picture.size for _, picture in found] == [(2, side)
                                                      for side in range(1, 41)]
