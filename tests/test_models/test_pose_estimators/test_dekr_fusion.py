"""DEKR with PF in place of its NMS (Table 1d), by config alone.

What its network says is made by hand.
"""
from copy import deepcopy

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from slim_model import read_config

from mmpose_pinet.post_processors import PoseFusion

SIGMAS = [0.1] * 3
SIZE = 32  # cells of 4 px
SAMPLE = PoseDataSample(
    metainfo=dict(
        input_size=(4 * SIZE, 4 * SIZE),
        input_center=np.array([2. * SIZE, 2. * SIZE]),
        input_scale=np.array([4. * SIZE, 4. * SIZE])))
SAMPLE.gt_instances = InstanceData()
# Poses in cells, which lie on cells, and the scores of their roots. The
# second is the first person again, a cell off; the third stands apart.
ROOTS = [(8, 8), (12, 8), (24, 24)]
POSES = np.array([
    [[4, 4], [12, 4], [8, 14]],
    [[5, 4], [12, 5], [8, 13]],
    [[20, 20], [28, 20], [24, 30]],
])
ROOT_SCORES = [0.5, 0.4, 0.9]
# of each pose's three joints, read from the keypoint heatmaps
JOINT_SCORES = np.array([[0.5, 0.75, 0.25], [1, 0.5, 0.25], [0.5, 0.5, 0.5]])


def outputs(*_):
    """What a network would say to give these poses."""
    heatmaps = torch.zeros(1, 4, SIZE, SIZE)
    displacements = torch.zeros(1, 3, 2, SIZE, SIZE)
    for (x, y), pose, score, joint_scores in zip(ROOTS, POSES, ROOT_SCORES,
                                                 JOINT_SCORES):
        heatmaps[0, 3, y, x] = score
        displacements[0, :, :, y, x] = torch.from_numpy(pose - (x, y)).float()
        for k, (joint_x, joint_y) in enumerate(pose):
            heatmaps[0, k, joint_y, joint_x] = joint_scores[k]
    return heatmaps, displacements.flatten(1, 2)


def build(nms_dist_thr, **changes):
    codec = dict(
        type='SPR',
        input_size=(4 * SIZE, 4 * SIZE),
        heatmap_size=(SIZE, SIZE),
        sigma=(4, 2),
        generate_keypoint_heatmaps=True)
    model = MODELS.build(
        dict(
            type='BatchedBottomupPoseEstimator',
            backbone=read_config().model.backbone,
            neck=dict(type='FeatureMapProcessor', concat=True),
            head=dict(
                type='DEKRHead',
                in_channels=240,
                num_keypoints=3,
                decoder=codec),
            test_cfg=dict(nms_dist_thr=nms_dist_thr),
            **changes)).eval()
    model.head.forward = outputs
    return model


@torch.no_grad()
def predict(model):
    image = torch.rand(1, 3, 4 * SIZE, 4 * SIZE)
    return model.predict(image, [deepcopy(SAMPLE)])[0].pred_instances


def candidates(model):
    """As MMPose's codec reads them, which NMS has not seen."""
    keypoints, (root_scores, joint_scores) = model.head.decoder.decode(
        *(maps[0] for maps in outputs()))
    return keypoints.numpy(), (root_scores[:, None] * joint_scores).numpy()


def test_every_candidate_goes_into_fusion():
    """By hand: the doubled person becomes one, of the joints that either of
    its candidates scores higher."""
    model = build(0, post_processor=dict(type='PoseFusion', sigmas=SIGMAS))
    found = predict(model)
    poses, scores = candidates(model)
    by_root = {tuple(c[0]): (c, s) for c, s in zip(poses, scores)}
    first, first_scores = by_root[16, 16]
    second, second_scores = by_root[20, 16]
    better = second_scores > first_scores
    assert 0 < better.sum() < 3  # each has something to give

    assert found.keypoints.shape == (2, 3, 2)
    np.testing.assert_allclose(found.keypoints[0], POSES[2] * 4)
    np.testing.assert_allclose(found.keypoints[1],
                               np.where(better[:, None], second, first))
    np.testing.assert_allclose(found.keypoint_scores[1],
                               np.maximum(first_scores, second_scores))


@pytest.mark.parametrize('fuse', [False, True])
def test_persons_are_those_of_pose_fusion(fuse):
    model = build(
        0, post_processor=dict(type='PoseFusion', sigmas=SIGMAS, fuse=fuse))
    found = predict(model)
    decoded, = model.head.decode(*([maps] for maps in outputs()),
                                 dict(nms_dist_thr=0))
    for of_head in (candidates(model), (decoded.keypoints,
                                        decoded.keypoint_scores)):
        keypoints, scores = PoseFusion(SIGMAS, fuse=fuse)(*of_head)
        np.testing.assert_allclose(found.keypoints, keypoints)
        np.testing.assert_array_equal(found.keypoint_scores, scores)
    np.testing.assert_allclose(
        found.bboxes,
        np.concatenate([keypoints.min(axis=1),
                        keypoints.max(axis=1)], axis=1))


def test_the_key_switches_dekrs_own_nms_off():
    """At a threshold that leaves a single pose of any image, and at 0."""
    assert len(predict(build(1e6)).keypoints) == 1
    assert len(predict(build(0)).keypoints) == 3
