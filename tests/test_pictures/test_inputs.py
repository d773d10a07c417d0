"""Where pictures come from."""
from unittest import mock

import cv2
import numpy as np
import pytest
from PIL import Image

from mmpose_pinet.pictures.inputs import (Picture, Video, as_picture,
                                          is_single, open_inputs, read_image)


def sources(inputs):
    return [picture.source for picture in open_inputs(inputs).pictures]


@pytest.fixture
def tree(tmp_path):
    for name in 'b.jpg', 'a.PNG', 'notes.txt', 'deep/er/c.jpg', 'd[1].jpg':
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / 'empty').mkdir()
    return tmp_path


def test_a_folder_gives_its_pictures_by_name(tree):
    assert sources(tree) == [
        str(tree / name) for name in ('a.PNG', 'b.jpg', 'd[1].jpg')
    ]
    assert open_inputs(str(tree)).total == 3


def test_a_pattern_gives_what_matches(tree):
    assert sources(tree /
                   '*.jpg') == [str(tree / 'b.jpg'),
                                str(tree / 'd[1].jpg')]
    assert sources(f'{tree}/**/c*') == [str(tree / 'deep/er/c.jpg')]


def test_what_is_one_picture(tree):
    assert is_single(np.zeros((8, 8, 3), np.uint8))
    assert is_single(tree / 'b.jpg') and is_single('no such file')
    # a file is a file, whatever its name
    assert is_single(tree / 'd[1].jpg')
    for many in tree, tree / '*.jpg', 'a.MP4', [tree / 'b.jpg'], iter(()):
        assert not is_single(many)


def test_where_there_is_nothing(tree):
    with pytest.raises(FileNotFoundError, match='empty holds no picture'):
        open_inputs(tree / 'empty')
    with pytest.raises(FileNotFoundError, match='no file matches'):
        open_inputs(tree / '*.gif')
    with pytest.raises(FileNotFoundError, match='none.mp4 is no file'):
        open_inputs(tree / 'none.mp4')
    with pytest.raises(FileNotFoundError, match='empty is no file'):
        as_picture(tree / 'empty')
    with pytest.raises(TypeError, match='not a float'):
        as_picture(1.5)


@pytest.mark.parametrize('image', [
    np.zeros((8, 8), np.uint8),
    np.zeros((8, 8, 4), np.uint8),
    np.zeros((8, 8, 3), np.float32)
])
def test_an_array_that_is_no_image(image):
    with pytest.raises(ValueError, match=r'\(h, w, 3\) of uint8'):
        as_picture(image)


def test_a_photograph_that_exif_turns_is_read_upright(tmp_path):
    upright = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation: to be shown turned clockwise
    stored = np.rot90(upright, 1)[..., ::-1]  # Pillow's order is RGB
    Image.fromarray(stored.copy()).save(tmp_path / 'ä.png', exif=exif)
    image = read_image(as_picture(tmp_path / 'ä.png'))
    np.testing.assert_array_equal(image, upright)
    assert read_image(Picture(image=image)) is image


@pytest.mark.parametrize('content', [b'', b'text'])
def test_a_file_that_is_no_picture(tmp_path, content):
    (tmp_path / 'a.jpg').write_bytes(content)
    with pytest.raises(ValueError, match='a.jpg cannot be read as a picture'):
        read_image(as_picture(tmp_path / 'a.jpg'))


def test_a_video_gives_its_frames(video):
    pictures, total = open_inputs(video)
    pictures = list(pictures)
    assert total == len(pictures) == 5
    assert [picture.frame for picture in pictures] == [0, 1, 2, 3, 4]
    assert {picture.source for picture in pictures} == {str(video)}
    # each frame was made darker than the last
    light = [picture.image.mean() for picture in pictures]
    assert (np.diff(light) < -2).all()
    assert Video(video).rate == 5


def test_frames_are_read_when_they_are_asked_for(video):
    """A folder or video of any length needs the memory of a few pictures."""
    capture = mock.Mock(wraps=cv2.VideoCapture(str(video)))
    with mock.patch('cv2.VideoCapture', return_value=capture):
        frames = iter(open_inputs(video).pictures)
    next(frames)
    assert capture.read.call_count == 1
    assert len(list(frames)) == 4
    capture.release.assert_called_once_with()


def test_a_file_that_is_no_video(tmp_path):
    (tmp_path / 'a.mp4').write_text('text')
    with pytest.raises(ValueError, match='a.mp4 cannot be read as a video'):
        open_inputs(tmp_path / 'a.mp4')


def test_a_webcam_that_is_not_there():
    with pytest.raises(ValueError, match='webcam 99 cannot be read'):
        Video(99)


def test_a_video_that_breaks_off_says_so(video, tmp_path, caplog):
    list(Video(video))
    assert caplog.text == ''
    content = video.read_bytes()
    broken = tmp_path / 'b.avi'
    broken.write_bytes(content[:len(content) // 2])
    read = len(list(Video(broken)))
    assert 0 < read < 5
    assert f'b.avi breaks off: it promises 5 frames, {read} could be read' in (
        caplog.text)


def test_a_video_without_a_rate(video, caplog):
    capture = mock.Mock(wraps=cv2.VideoCapture(str(video)))
    for rate in 0., -1., float('nan'), float('inf'):
        capture.get.side_effect = lambda key: rate if key == 5 else 5.
        with mock.patch('cv2.VideoCapture', return_value=capture):
            assert Video(video).rate == 25
        assert 'does not tell its frames a second: 25 are taken' in caplog.text
        caplog.clear()
