"""Pose fusion on MMPose's DEKR.

The head's deformable convolutions are of no interest here, where outputs are
made by hand, and are left out.
"""
import numpy as np
import pytest
import torch
import torch.nn as nn
from mmengine.registry import DefaultScope

from mmpose_pinet.models import FusedDEKRHead
from mmpose_pinet.post_processors import PoseFusion

SIGMAS = [0.1] * 3
SIZE = 32  # cells
CODEC = dict(
    type='SPR',
    input_size=(4 * SIZE, 4 * SIZE),
    heatmap_size=(SIZE, SIZE),
    sigma=(4, 2),
    generate_keypoint_heatmaps=True)
TEST_CFG = dict(flip_test=False, nms_dist_thr=0.05)


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


class DEKRWithoutOps(FusedDEKRHead):

    def _make_displacement_conv_layers(self, in_channels, out_channels,
                                       **kwargs):
        return nn.Conv2d(in_channels, out_channels, 1)


def build(head=DEKRWithoutOps, fuse=True, sigmas=SIGMAS):
    return head(
        in_channels=4,
        num_keypoints=3,
        decoder=CODEC,
        post_processor=dict(type='PoseFusion', sigmas=sigmas, fuse=fuse))


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


def outputs():
    """What a network would say to give these poses."""
    heatmaps = torch.zeros(1, 4, SIZE, SIZE)
    displacements = torch.zeros(1, 3, 2, SIZE, SIZE)
    for (x, y), pose, score, joint_scores in zip(ROOTS, POSES, ROOT_SCORES,
                                                 JOINT_SCORES):
        heatmaps[0, 3, y, x] = score
        displacements[0, :, :, y, x] = torch.from_numpy(pose - (x, y)).float()
        for k, (joint_x, joint_y) in enumerate(pose):
            heatmaps[0, k, joint_y, joint_x] = joint_scores[k]
    return [heatmaps], [displacements.flatten(1, 2)]


def read_outputs(head):
    """The same candidates as MMPose's codec reads them, fused by no one."""
    heatmaps, displacements = outputs()
    keypoints, (root_scores,
                joint_scores) = head.decoder.decode(heatmaps[0][0],
                                                    displacements[0][0])
    return keypoints.numpy(), (root_scores[:, None] * joint_scores).numpy()


def test_every_candidate_goes_into_fusion():
    """By hand: the doubled person becomes one, of the joints that either of
    its candidates scores higher."""
    head = build()
    person, = head.decode(*outputs(), TEST_CFG)
    candidates, scores = read_outputs(head)
    candidates = {tuple(c[0]): (c, s) for c, s in zip(candidates, scores)}
    first, first_scores = candidates[16, 16]
    second, second_scores = candidates[20, 16]
    np.testing.assert_allclose(first, POSES[0] * 4)
    better = second_scores > first_scores
    assert 0 < better.sum() < 3  # each has something to give

    assert person.keypoints.shape == (2, 3, 2)
    np.testing.assert_allclose(person.keypoints[0], POSES[2] * 4)
    np.testing.assert_allclose(person.keypoints[1],
                               np.where(better[:, None], second, first))
    np.testing.assert_allclose(person.keypoint_scores[1],
                               np.maximum(first_scores, second_scores))


@pytest.mark.parametrize('fuse', [False, True])
def test_persons_are_those_of_pose_fusion(fuse):
    head = build(fuse=fuse)
    person, = head.decode(*outputs(), TEST_CFG)
    keypoints, scores = PoseFusion(SIGMAS, fuse=fuse)(*read_outputs(head))
    np.testing.assert_array_equal(person.keypoints, keypoints)
    np.testing.assert_array_equal(person.keypoint_scores, scores)


def test_dekrs_own_nms_has_no_say():
    """At a threshold that leaves a single pose of any image."""
    head = build()
    all_but_one = dict(nms_dist_thr=1e6)
    own, = super(FusedDEKRHead, head).decode(*outputs(), all_but_one)
    assert len(own.keypoints) == 1
    person, = head.decode(*outputs(), all_but_one)
    assert len(person.keypoints) == 2


def test_nobody_is_found_in_an_empty_image():
    heatmaps, displacements = outputs()
    person, = build().decode([heatmaps[0] * 0], displacements, TEST_CFG)
    assert person.keypoints.shape == (0, 3, 2)
    assert person.keypoint_scores.shape == (0, 3)


def test_sigmas_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match='has 2 values.*num_keypoints=3'):
        build(sigmas=[0.1] * 2)
