"""Videos with identities, and the files that are written of them."""
import json
import resource
from unittest import mock

import cv2
import numpy as np
import pytest

from mmpose_pinet.pictures import Finder
from mmpose_pinet.pictures.inputs import read_image
from mmpose_pinet.results import Result

RATE = 10.


class Squares(Finder):
    """Finds squares of brightness 255 and 150, each a person of its corners,
    the one farther left first; scores are shares of the brightness."""

    sigmas = (.1, ) * 4

    def read(self, picture):
        return picture, read_image(picture)

    def shape_of(self, data):
        return data[1].shape

    def run(self, batch):
        return [self.find(image) for _, image in batch]

    def find(self, image):
        persons = []
        for least, most, score in (200, 256, 1), (110, 200, .6):
            y, x = np.nonzero((image[..., 1] >= least)
                              & (image[..., 1] < most))
            if len(x) > 50:
                x, y = np.percentile(x, [2, 98]), np.percentile(y, [2, 98])
                corners = np.stack(np.meshgrid(x, y), -1).reshape(4, 2)
                persons.append((corners[0, 0], corners, score))
        persons.sort(key=lambda person: person[0])
        keypoints = np.array([p[1] for p in persons]).reshape(-1, 4, 2)
        scores = np.array([p[2] for p in persons])
        boxes = np.concatenate([keypoints.min(1), keypoints.max(1)], 1)
        return Result(
            keypoints.astype(np.float32), np.repeat(scores[:, None], 4, 1),
            boxes, scores, tuple('abcd'), ((0, 1), (1, 3)), image.shape[1::-1])


def frames(number=12):
    """Two squares that pass each other, one under the other."""
    for i in range(number):
        image = np.zeros((96, 128, 3), np.uint8)
        image[10:40, 8 + 5 * i:38 + 5 * i] = 255
        image[50:80, 80 - 5 * i:110 - 5 * i] = 150
        yield image


@pytest.fixture(scope='module')
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp('film') / 'squares.avi'
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'MJPG'), RATE, (128, 96))
    for image in frames():
        writer.write(image)
    writer.release()
    return path


@pytest.fixture
def finder():
    return Squares()


def files_of(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize('batch_size', [1, 5])
def test_identities_follow_those_who_pass_each_other(finder, film, batch_size):
    results = list(finder.predict_video(film, batch_size=batch_size))
    assert [r.frame for r in results] == list(range(12))
    assert {r.source for r in results} == {str(film)}
    for result in results:
        scores = {p.id: round(p.score, 1) for p in result}
        assert scores == {1: 1., 2: .6}
    # the order of the persons turned on the way
    assert results[0].ids.tolist() == results[-1].ids.tolist()[::-1]


def test_the_json_holds_what_was_found(finder, film, tmp_path):
    place = tmp_path / 'new/tracked.json'
    results = list(finder.predict_video(film, json=place))
    content = json.loads(place.read_text())
    assert content['fps'] == RATE and content['source'] == str(film)
    assert content['image_size'] == [128, 96]
    assert [frame['frame'] for frame in content['frames']] == [*range(12)]
    for frame, result in zip(content['frames'], results):
        again = Result.from_dict({**content, **frame})
        np.testing.assert_allclose(again.keypoints, result.keypoints, 1e-3)
        np.testing.assert_array_equal(again.ids, result.ids)
        assert again.skeleton_links == result.skeleton_links
    # a line for each frame, and one before and after them
    assert len(place.read_text().splitlines()) == 14
    assert files_of(tmp_path / 'new') == ['tracked.json']


def test_the_video_shows_identities(finder, film, tmp_path):
    results = list(finder.predict_video(film, tmp_path / 'a.mp4'))
    drawn = cv2.VideoCapture(str(tmp_path / 'a.mp4'))
    assert drawn.get(cv2.CAP_PROP_FPS) == RATE
    original = cv2.VideoCapture(str(film))
    for result in results:
        there, frame = drawn.read()
        expected = result.plot(original.read()[1])
        assert there and np.abs(frame.astype(int) - expected).mean() < 6
    assert not drawn.read()[0]
    assert files_of(tmp_path) == ['a.mp4']


def test_smoothing_changes_no_identity(finder, film):
    plain = list(finder.predict_video(film))
    smooth = list(finder.predict_video(film, smooth=True))
    for one, other in zip(plain, smooth):
        np.testing.assert_array_equal(one.ids, other.ids)
    np.testing.assert_array_equal(plain[0].keypoints, smooth[0].keypoints)
    gaps = np.abs(plain[6].keypoints - smooth[6].keypoints)
    assert .2 < gaps.max() < 5  # it lags by less than a frame
    assert plain[6].keypoints.dtype == smooth[6].keypoints.dtype


def test_settings_reach_the_tracker(finder, film):
    results = list(finder.predict_video(film, start_score=.7))
    assert [r.ids.tolist() for r in results] == [[1]] * 12
    with pytest.raises(ValueError, match='max_missed'):
        finder.predict_video(film, max_missed=-1)
    with pytest.raises(ValueError, match='batch_size'):
        finder.predict_video(film, batch_size=0)


def test_what_is_interrupted_does_not_look_whole(finder, film, tmp_path):
    (tmp_path / 'a.json').write_text('an older one')
    results = finder.predict_video(film, tmp_path / 'a.mp4',
                                   tmp_path / 'a.json')
    next(results)
    next(results)
    results.close()  # as an interrupt does
    assert files_of(tmp_path) == ['a.json', 'a.part.json', 'a.part.mp4']
    assert (tmp_path / 'a.json').read_text() == 'an older one'
    with pytest.raises(ValueError):
        json.loads((tmp_path / 'a.part.json').read_text())
    # what is there can be played
    part = cv2.VideoCapture(str(tmp_path / 'a.part.mp4'))
    assert part.get(cv2.CAP_PROP_FRAME_COUNT) == 2
    # and the next run takes its place
    list(finder.predict_video(film, tmp_path / 'a.mp4', tmp_path / 'a.json'))
    assert files_of(tmp_path) == ['a.json', 'a.mp4']


@pytest.fixture
def camera(film):
    """Webcam 0, which shows the squares once and is asked for no more."""
    capture = mock.Mock(wraps=cv2.VideoCapture(str(film)))
    capture.get.side_effect = lambda key: {5: 30.}.get(key, -1.)
    open_capture = cv2.VideoCapture
    with mock.patch(
            'cv2.VideoCapture', lambda source: capture
            if source == 0 else open_capture(source)):
        yield capture


def test_a_webcam_is_whole_when_it_is_stopped(finder, camera, tmp_path):
    results = finder.predict_video(0, tmp_path / 'a.mp4', tmp_path / 'a.json')
    for number in range(4):
        # no frame is taken before the last one's result
        assert next(results).source == 'webcam-0'
        assert camera.read.call_count == number + 1
    results.close()  # as Ctrl-C does
    assert files_of(tmp_path) == ['a.json', 'a.mp4']
    content = json.loads((tmp_path / 'a.json').read_text())
    assert len(content['frames']) == 4 and content['fps'] == 30


def test_sources_that_cannot_be_read(finder, tmp_path):
    with pytest.raises(FileNotFoundError, match='none.mp4 is no file'):
        finder.predict_video(tmp_path / 'none.mp4')
    with pytest.raises(ValueError, match='webcam 99 cannot be read: is it'):
        finder.predict_video(99)
    (tmp_path / 'a.mp4').write_text('text')
    with pytest.raises(ValueError, match='cannot be read as a video'):
        finder.predict_video(tmp_path / 'a.mp4')
    nothing = mock.Mock()
    nothing.get.return_value = 0.
    nothing.read.return_value = False, None
    with mock.patch('cv2.VideoCapture', return_value=nothing):
        with pytest.raises(ValueError, match='a.mp4 holds no frame'):
            next(finder.predict_video(tmp_path / 'a.mp4', tmp_path / 'b.mp4'))
    assert files_of(tmp_path) == ['a.mp4']


def test_places_that_cannot_be_written(finder, film, tmp_path):
    with pytest.raises(ValueError, match='must end in .mp4'):
        finder.predict_video(film, tmp_path / 'a.gif')
    with pytest.raises(ValueError, match='must end in .json'):
        finder.predict_video(film, json=tmp_path / 'a.txt')
    whole = tmp_path / 'film.mp4'
    whole.write_bytes(film.read_bytes())
    with pytest.raises(ValueError, match='would overwrite .*film.mp4'):
        finder.predict_video(whole, whole)
    with mock.patch.object(finder, 'run') as run:
        for place in '/proc/below/a', tmp_path / 'film.mp4/a':
            with pytest.raises(OSError):
                next(finder.predict_video(film, f'{place}.mp4'))
            with pytest.raises(OSError):
                next(finder.predict_video(film, json=f'{place}.json'))
    assert not run.called  # before anything is looked for


def test_a_full_disk(finder, film, tmp_path):
    """OpenCV writes no error, and a file that ends too early."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(ValueError, match='is the disk full'):
            list(finder.predict_video(film, tmp_path / 'a.mp4'))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files_of(tmp_path) == ['a.part.mp4']


def test_memory_does_not_grow_with_the_video(finder, film):
    """No more than a batch of frames is read before its results."""
    with mock.patch('cv2.VideoCapture') as capture:
        reader = capture.return_value
        reader.get.return_value = 10.
        reader.read.side_effect = [(True, frame)
                                   for frame in frames()] + [(False, None)]
        for result in finder.predict_video(film, batch_size=2):
            assert reader.read.call_count <= result.frame + 3
