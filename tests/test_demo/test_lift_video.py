"""Tracked persons lifted to 3D, and a top-down model beside PINet."""
import json
import runpy
from dataclasses import replace
from pathlib import Path

import cv2
import mmpose
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.apis import MMPoseInferencer, init_model
from mmpose.registry import MODELS
from random_weights import TINY, save_random_weights
from walkers import result_of, walkers

from mmpose_pinet.apis import PINet
from mmpose_pinet.datasets.drawn import draw_walk, draw_walk_frames

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = Path(mmpose.__file__).parent / '.mim/configs'
VIDEO_POSE = CONFIGS / ('body_3d_keypoint/video_pose_lift/h36m/video-pose-'
                        'lift_tcn-27frm-supv_8xb128-160e_h36m.py')
MOTION_BERT = CONFIGS / ('body_3d_keypoint/motionbert/h36m/motionbert_'
                         'dstformer-243frm_8xb32-240e_h36m.py')
SIMPLE = CONFIGS / ('body_3d_keypoint/image_pose_lift/h36m/image-pose-lift_'
                    'tcn_8xb64-200e_h36m.py')
TOPDOWN = CONFIGS / ('body_2d_keypoint/rtmpose/coco/rtmpose-t_8xb256-420e_'
                     'coco-256x192.py')


@pytest.fixture(scope='module')
def demo():
    return runpy.run_path(str(ROOT / 'demo/lift_video.py'))


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    return save_random_weights(tmp_path_factory.mktemp('weights') / 'a.pth')


def tracked(number):
    """Three walkers, of whom the second is away in the frames 4 to 6."""
    results = []
    for i, poses in enumerate(walkers(0, number / 25, 3)):
        there = [0, 2] if 4 <= i <= 6 else [2, 0, 1]
        results.append(
            result_of(poses[there], ids=[7 + person for person in there]))
    return results


@pytest.mark.parametrize(
    'config', [VIDEO_POSE, SIMPLE, MOTION_BERT],
    ids=['VideoPose3D', 'SimpleBaseline', 'MotionBERT'])
def test_each_person_of_each_frame_is_lifted(demo, config):
    cfg = Config.fromfile(config)
    if config == MOTION_BERT:  # slim
        cfg.model.backbone.update(feat_size=32, depth=1)
        cfg.model.head.update(in_channels=32, embedding_size=32)
    cfg.model.init_cfg = None
    torch.manual_seed(0)
    lifter = init_model(cfg, device='cpu')
    results = tracked(10)
    lifted = demo['lift'](results, lifter)
    assert [(person['frame'], person['id'])
            for person in lifted] == [(i, identity)
                                      for i, result in enumerate(results)
                                      for identity in result.ids.tolist()]
    poses = np.array([person['keypoints_3d'] for person in lifted])
    assert poses.shape == (27, 17, 3) and np.isfinite(poses).all()
    # a person's own frames decide: what others do changes nothing
    alone = demo['lift']([
        result_of(r.keypoints[r.ids == 7], ids=r.ids[r.ids == 7])
        for r in results
    ], lifter)
    mine = [p['keypoints_3d'] for p in lifted if p['id'] == 7]
    np.testing.assert_allclose([p['keypoints_3d'] for p in alone],
                               mine,
                               rtol=1e-4,
                               atol=1e-4)


def test_a_topdown_model_in_the_same_process(weights, tmp_path):
    """Both find what each of them finds alone, in turns."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    topdown = MODELS.build(Config.fromfile(TOPDOWN).model)
    torch.save(dict(state_dict=topdown.state_dict()), tmp_path / 'top.pth')
    image, _ = next(draw_walk_frames(.1, image_size=128))
    pinet = PINet(TINY, weights, 'cpu')
    alone = pinet(image)
    inferencer = MMPoseInferencer(
        str(TOPDOWN),
        str(tmp_path / 'top.pth'),
        device='cpu',
        det_model='whole_image')

    def find():
        found = next(inferencer(image, show=False))['predictions'][0]
        return [person['keypoints'] for person in found]

    theirs = find()
    together = pinet(image)
    np.testing.assert_array_equal(together.keypoints, alone.keypoints)
    assert len(alone) and theirs == find()


def test_the_script(demo, weights, tmp_path, monkeypatch, capsys):
    video = tmp_path / 'walk.mp4'
    draw_walk(video, .2, image_size=128)
    torch.manual_seed(0)
    lifter = init_model(str(VIDEO_POSE), device='cpu')
    torch.save(dict(state_dict=lifter.state_dict()), tmp_path / 'lifter.pth')
    arguments = [
        video, TINY, weights, VIDEO_POSE, tmp_path / 'lifter.pth', '--out',
        tmp_path / 'lifted.json'
    ]
    monkeypatch.setattr('sys.argv', ['lift_video.py', *map(str, arguments)])
    demo['main']()
    assert 'persons in 5 frames' in capsys.readouterr().out
    lifted = json.loads((tmp_path / 'lifted.json').read_text())
    assert {person['frame'] for person in lifted} <= set(range(5))
    assert np.shape(lifted[0]['keypoints_3d']) == (17, 3)
    assert cv2.VideoCapture(str(video)).get(cv2.CAP_PROP_FRAME_COUNT) == 5


def test_a_skeleton_that_mmpose_has_no_conversion_for(demo):
    result = result_of(np.zeros((1, 17, 2)), ids=[1])
    three = result.keypoints[:, :3]
    with pytest.raises(ValueError, match='3 keypoints'):
        demo['as_samples'](replace(result, keypoints=three))
