"""Poses of pictures: MMPose's inferencer and the demo script."""
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmpose.apis import MMPoseInferencer
from PIL import Image
from random_weights import TINY

from mmpose_pinet.datasets.drawn import draw_image

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope='module')
def inferencer(checkpoint):
    return MMPoseInferencer(
        pose2d=str(TINY), pose2d_weights=checkpoint, device='cpu')


@pytest.fixture
def pictures(tmp_path):
    """A folder of two pictures of different shape."""
    folder = tmp_path / 'pictures'
    folder.mkdir()
    image, _ = draw_image(np.random.default_rng(0), 128)
    cv2.imwrite(str(folder / 'a.jpg'), image)
    cv2.imwrite(str(folder / 'b.jpg'), image[:90])
    return folder


def check_persons(persons, shape):
    """What the inferencer says of one picture makes sense."""
    assert persons
    height, width = shape
    for person in persons:
        keypoints = np.array(person['keypoints'])
        assert keypoints.shape == (17, 2)
        assert np.isfinite(keypoints).all()
        assert len(person['keypoint_scores']) == 17
    # part points lie in the picture, poses at least near it
    centre = np.array(persons[0]['keypoints']).mean(0)
    assert (np.abs(centre - (width / 2, height / 2)) < (width, height)).all()


def test_picture_and_folder(inferencer, pictures, tmp_path):
    out = tmp_path / 'out'
    for inputs, names in ((pictures / 'a.jpg', ['a']), (pictures, ['a', 'b'])):
        results = list(
            inferencer(
                str(inputs),
                vis_out_dir=str(out / 'vis'),
                pred_out_dir=str(out / 'predictions')))
        assert len(results) == len(names)
        for name in names:
            shape = cv2.imread(str(pictures / f'{name}.jpg')).shape[:2]
            drawn = cv2.imread(str(out / f'vis/{name}.jpg'))
            assert drawn.shape[:2] == shape
            check_persons(
                json.loads((out / f'predictions/{name}.json').read_text()),
                shape)


def test_score_thr_of_the_config_reaches_the_model(checkpoint, pictures):
    """The inferencer's own `bbox_thr` reaches stock estimators alone."""

    def scores(**test_cfg):
        cfg = Config.fromfile(TINY)
        cfg.model.test_cfg.update(test_cfg)
        inferencer = MMPoseInferencer(
            pose2d=cfg, pose2d_weights=checkpoint, device='cpu')
        result = next(inferencer(str(pictures / 'a.jpg')))
        return [p['bbox_score'] for p in result['predictions'][0]]

    everyone = scores()
    middle = np.median(everyone)
    likely = scores(score_thr=float(middle))
    assert 0 < len(likely) < len(everyone)
    assert likely == [score for score in everyone if score >= middle]


def test_a_photograph_that_exif_turns_is_drawn_upright(inferencer, pictures,
                                                       tmp_path):
    """And its poses lie on the upright picture, as a person sees it."""
    upright = cv2.imread(str(pictures / 'b.jpg'))
    stored = cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE)
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation: to be shown turned clockwise
    turned = str(tmp_path / 'turned.jpg')
    Image.fromarray(stored[..., ::-1]).save(turned, exif=exif, quality=95)

    as_file = next(inferencer(turned, return_vis=True))
    as_array = next(inferencer(cv2.imread(turned)))
    assert as_file['visualization'][0].shape == upright.shape
    assert as_file['predictions'] == as_array['predictions']


def test_array(inferencer, pictures):
    image = cv2.imread(str(pictures / 'a.jpg'))
    result = next(inferencer(image, return_vis=True))
    check_persons(result['predictions'][0], image.shape[:2])
    assert result['visualization'][0].shape == image.shape


def test_video(inferencer, pictures, tmp_path):
    image = cv2.imread(str(pictures / 'a.jpg'))
    video = str(tmp_path / 'video.mp4')
    writer = cv2.VideoWriter(video, cv2.VideoWriter_fourcc(*'mp4v'), 5,
                             image.shape[1::-1])
    for _ in range(3):
        writer.write(image)
    writer.release()

    out = tmp_path / 'out'
    frames = list(
        inferencer(
            video,
            vis_out_dir=str(out / 'vis'),
            pred_out_dir=str(out / 'predictions')))
    assert len(frames) == 3
    check_persons(frames[0]['predictions'][0], image.shape[:2])
    drawn = cv2.VideoCapture(str(out / 'vis/video.mp4'))
    assert drawn.get(cv2.CAP_PROP_FRAME_COUNT) == 3


def test_demo_script(checkpoint, pictures, tmp_path, server):
    out = tmp_path / 'poses.jpg'
    done = server.run('demo/image_demo.py', pictures / 'a.jpg', TINY,
                      checkpoint, '--out', out, '--device', 'cpu')
    assert done.returncode == 0, done.stderr
    assert 'persons' in done.stdout
    picture = cv2.imread(str(pictures / 'a.jpg'))
    drawn = cv2.imread(str(out))
    assert drawn.shape == picture.shape
    assert (drawn != picture).any()


def test_demo_script_names_a_missing_file(checkpoint, pictures, server):
    done = server.run('demo/image_demo.py', pictures / 'none.jpg', TINY,
                      checkpoint)
    assert done.returncode != 0
    assert done.stderr.strip().endswith('none.jpg is no file')
