"""An exported file finds the persons of pictures. Its network is a formula."""
import logging
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image
from small_files import METADATA, REST, candidates, draw_images, write

from mmpose_pinet.deploy.runtime import PINetRuntime

ENGINES = ['onnxruntime', 'openvino']


@pytest.fixture(scope='module')
def file(tmp_path_factory):
    return write(tmp_path_factory.mktemp('files') / 'small.onnx')


@pytest.fixture(scope='module', params=ENGINES)
def model(file, request):
    return PINetRuntime(file, request.param, threads=1)


def assert_same(result, other):
    for key in 'keypoints', 'keypoint_scores', 'bboxes', 'bbox_scores':
        np.testing.assert_allclose(
            getattr(result, key), getattr(other, key), atol=1e-3)


def test_candidates_become_persons_in_image_px(model):
    """By hand: the first two candidates are one person, with the better
    keypoint of each; the last does not count."""
    image, = draw_images(1, 128, 256)  # twice the input
    result = model(image)
    small = cv2.resize(image, (128, 64), interpolation=cv2.INTER_AREA)
    keypoints = candidates(small[None])[0][0]
    person = np.stack([keypoints[0, 0], keypoints[1, 1], keypoints[0, 2]])
    # brightness differs a little with the way of resizing
    np.testing.assert_allclose(
        result.keypoints, [2 * person, 2 * keypoints[2]], atol=1)
    np.testing.assert_allclose(result.keypoint_scores,
                               [[.5, .5, .3], [.2, .2, .2]])
    np.testing.assert_allclose(result.bbox_scores, [1.3 / 3, .2])
    np.testing.assert_array_equal(result.bboxes[:, :2],
                                  result.keypoints.min(1))
    np.testing.assert_array_equal(result.bboxes[:, 2:],
                                  result.keypoints.max(1))
    assert result.image_size == (256, 128)
    assert result.keypoint_names == METADATA.keypoint_names
    assert result.skeleton_links == METADATA.skeleton_links
    assert result.keypoints.dtype == result.bboxes.dtype == np.float32


def test_a_pad_moves_nothing(model):
    """A picture of 100 x 64 px lies in the middle of 128 x 64."""
    image, = draw_images(1, 64, 100)
    padded = cv2.copyMakeBorder(image, 0, 0, 14, 14, cv2.BORDER_CONSTANT)
    expected = candidates(padded[None])[0][0, 2] - [14, 0]
    np.testing.assert_allclose(model(image).keypoints[1], expected, atol=.01)


def test_alone_and_in_batches_the_same(model):
    shapes = [(64, 64), (90, 64), (64, 64), (1, 1), (64, 64), (90, 64)]
    images = [
        draw_images(1, *shape)[0] // (n + 1) for n, shape in enumerate(shapes)
    ]
    for result, image in zip(model(images, batch_size=2), images):
        assert result.image_size == image.shape[1::-1]
        assert_same(result, model(image))


def test_nobody_is_in_a_black_picture(model):
    for shape in (64, 64), (1, 1), (300, 3000):
        result = model(np.zeros((*shape, 3), np.uint8))
        assert len(result) == 0
        assert result.keypoints.shape == (0, 3, 2)
        assert result.bboxes.shape == (0, 4)


def test_score_thr_is_the_files_unless_told(file, tmp_path):
    image, = draw_images(1)
    assert len(PINetRuntime(file)(image)) == 2
    assert len(PINetRuntime(file, score_thr=.3)(image)) == 1
    props = replace(METADATA, score_thr=.3).to_props()
    strict = write(tmp_path / 'strict.onnx', props)
    assert len(PINetRuntime(strict)(image)) == 1
    assert len(PINetRuntime(strict, score_thr=0)(image)) == 2


@pytest.mark.parametrize('values, number', [(dict(oks_thr=None), 3),
                                            (dict(fuse=False), 2),
                                            (dict(oks_thr=1), 3)])
def test_fusion_is_the_files(tmp_path, values, number):
    props = replace(METADATA, **values).to_props()
    result = PINetRuntime(write(tmp_path / 'a.onnx', props))(draw_images(1)[0])
    assert len(result) == number
    if number == 2:  # the best candidate of a group as it is
        np.testing.assert_allclose(result.keypoint_scores[0], [.5, .4, .3])


def test_soft_scores_are_the_files(tmp_path):
    """The second person is a little like the first."""
    image, = draw_images(1)
    hard, soft = (
        PINetRuntime(
            write(tmp_path / f'{soft}.onnx',
                  replace(METADATA, oks_thr=1., soft=soft).to_props()),
            score_thr=0.)(image) for soft in (False, True))
    assert len(hard) == len(soft)
    assert soft.bbox_scores[0] == hard.bbox_scores[0]
    assert soft.bbox_scores[1] < hard.bbox_scores[1]


def test_files_and_videos(model, pictures, video):
    folder = pictures[0].parent
    by_folder = list(model(folder, batch_size=2))
    assert [r.source for r in by_folder] == [str(file) for file in pictures]
    for result, file in zip(by_folder, pictures):
        assert_same(result, model(cv2.imread(str(file))))
    frames = list(model(video))
    assert [result.frame for result in frames] == [0, 1, 2, 3, 4]
    assert_same(frames[0], model(cv2.VideoCapture(str(video)).read()[1]))


def test_a_video_with_identities(model, video, tmp_path):
    results = list(model.predict_video(video, tmp_path / 'a.mp4'))
    assert [result.frame for result in results] == [0, 1, 2, 3, 4]
    assert_same(results[0], next(model(video)))
    assert results[0].ids.tolist() == [*range(1, len(results[0]) + 1)]
    assert (tmp_path / 'a.mp4').is_file()


def test_a_photograph_that_exif_turns_is_looked_at_upright(model, tmp_path):
    upright, = draw_images(1, 64, 128)
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation: to be shown turned clockwise
    stored = cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE)
    Image.fromarray(stored[..., ::-1]).save(tmp_path / 'turned.png', exif=exif)
    result = model(tmp_path / 'turned.png')
    assert result.image_size == (128, 64)
    assert_same(result, model(upright))


def test_the_log_tells_what_runs_it(file, caplog):
    caplog.set_level(logging.INFO, 'mmpose_pinet')
    PINetRuntime(file, 'onnxruntime', threads=2)
    PINetRuntime(file, 'openvino')
    first, second = (record.getMessage() for record in caplog.records)
    assert 'small.onnx runs on ONNX Runtime' in first
    assert first.endswith('fp32, threads: 2')
    assert 'OpenVINO' in second and second.endswith('fp32')


@pytest.mark.parametrize('engine', ENGINES)
def test_a_file_of_another_program_is_told(tmp_path, engine):
    other = write(tmp_path / 'other.onnx', dict(author='somebody'))
    with pytest.raises(ValueError, match='other.onnx is no file of `pinet ex'):
        PINetRuntime(other, engine)


def test_candidates_rest_where_they_are_told():
    """The formula itself: dark, they rest; what is lit moves all alike."""
    keypoints, _, valid = candidates(np.zeros((1, 64, 64, 3), np.uint8))
    np.testing.assert_array_equal(keypoints[0], REST)
    assert not valid.any()
