"""The crowd that walks: who is who, and where."""
import json

import cv2
import numpy as np
import pytest

from mmpose_pinet.datasets.crowding import max_box_iou
from mmpose_pinet.datasets.drawn import draw_walk, draw_walk_frames

SIZE = 96
LEFT_ANKLE, RIGHT_ANKLE = 15, 16


@pytest.fixture(scope='module')
def frames():
    return list(draw_walk_frames(3., 10., 5, image_size=SIZE))


def tracks(frames):
    """Keypoints (T, 17, 3) of each identity."""
    found = {}
    for _, persons in frames:
        for person in persons:
            found.setdefault(person['track_id'],
                             []).append(person['keypoints'])
    return {number: np.stack(rows) for number, rows in found.items()}


def test_the_same_arguments_give_the_same_frames(frames):
    again = list(draw_walk_frames(3., 10., 5, image_size=SIZE))
    for (image, persons), (other, others) in zip(frames, again):
        np.testing.assert_array_equal(image, other)
        assert str(persons) == str(others)
    assert len(frames) == len(again) == 30
    other = next(draw_walk_frames(3., 10., 5, seed=1, image_size=SIZE))[0]
    assert (other != frames[0][0]).any()


def test_people_cross_and_cover_each_other(frames):
    boxes = [
        np.stack([person['bbox'] for person in persons])
        for _, persons in frames if len(persons) > 1
    ]
    assert max(map(max_box_iou, boxes)) > .4
    poses = tracks(frames)
    assert set(poses) == {1, 2, 3, 4, 5}
    ways = {}
    for number, pose in poses.items():
        inside = (pose[..., 2] > 0).all(1)
        x = pose[inside, :, 0].mean(1)
        # everybody walks straight on, a little each frame
        steps = np.diff(x)
        ways[number] = np.sign(steps.mean())
        assert (steps * ways[number] > 0).mean() > .9
        assert np.abs(steps).max() < .15 * SIZE
    assert set(ways.values()) == {-1, 1}
    covered = np.concatenate(list(poses.values()))[..., 2] == 1
    assert .1 < covered.mean() < .8


def test_a_walker_is_the_same_body_in_each_frame(frames):
    """Lengths that the step does not change: of the torso and the face."""
    for pose in tracks(frames).values():
        inside = (pose[..., 2] > 0).all(1)
        xy = pose[inside, :, :2]
        for one, other in (5, 6), (5, 11), (0, 3):
            length = np.linalg.norm(xy[:, one] - xy[:, other], axis=1)
            np.testing.assert_allclose(length, length[0], atol=.05)
        legs = np.abs(xy[:, LEFT_ANKLE, 0] - xy[:, RIGHT_ANKLE, 0])
        assert legs.max() > 2.5 * legs.min()  # which do walk


def test_the_background_stands_still(frames):
    images = np.stack([image for image, _ in frames]).astype(int)
    changes = np.abs(images - np.median(images, axis=0)).max((0, 3))
    assert (changes[:10] == 0).all()  # above all heads
    assert (changes > 20).mean() > .2


def test_the_files(frames, tmp_path):
    place = tmp_path / 'new/walk.mp4'
    ann_file = draw_walk(place, 3., 10., 5, image_size=SIZE)
    assert ann_file == tmp_path / 'new/walk.json'
    video = cv2.VideoCapture(str(place))
    assert video.get(cv2.CAP_PROP_FPS) == 10
    for image, _ in frames:
        assert np.abs(video.read()[1].astype(int) - image).mean() < 12
    assert not video.read()[0]
    content = json.loads(ann_file.read_text())
    assert [image['frame_id'] for image in content['images']] == [*range(30)]
    expected = [(number + 1, person['track_id'])
                for number, (_, persons) in enumerate(frames)
                for person in persons]
    assert [(ann['image_id'], ann['track_id'])
            for ann in content['annotations']] == expected
    ids = [ann['id'] for ann in content['annotations']]
    assert ids == [*range(1, len(ids) + 1)]
    assert content['categories'][0]['name'] == 'person'


def test_nobody_is_there_yet():
    """A frame without persons is a frame."""
    counts = [
        len(persons)
        for _, persons in draw_walk_frames(30., 1., 1, image_size=SIZE)
    ]
    assert len(counts) == 30 and set(counts) == {0, 1}


@pytest.mark.parametrize('setting', [
    dict(seconds=0),
    dict(rate=-1),
    dict(num_persons=0),
    dict(num_persons=256),
    dict(seed=-1),
    dict(image_size=8),
    dict(seconds=float('nan')),
    dict(seconds=float('inf'))
])
def test_numbers_that_cannot_be(setting):
    with pytest.raises(ValueError, match=list(setting)[0]):
        next(draw_walk_frames(**setting))


def test_a_video_that_cannot_be_written(tmp_path):
    with pytest.raises(ValueError, match='a.none cannot be written'):
        draw_walk(tmp_path / 'a.none', .1, image_size=SIZE)
    assert not (tmp_path / 'a.json').exists()
