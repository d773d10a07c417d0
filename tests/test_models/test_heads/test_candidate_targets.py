"""Whose candidates are, and how good, person by person."""
import math

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from mmpose_pinet.models.heads.candidate_targets import (CandidateTargets,
                                                         LabelledPersons)

K = 3
SIGMAS = torch.tensor([0.05, 0.1, 0.2])
CELL = torch.tensor([4., 4.])


def make_sample(keypoints, visible, areas):
    """As the training pipeline packs it: numpy, in input px."""
    sample = PoseDataSample()
    sample.gt_instances = InstanceData(
        keypoints=np.float32(keypoints).reshape(-1, K, 2),
        keypoints_visible=np.float32(visible).reshape(-1, K),
        areas=np.float32(areas))
    return sample


def draw_samples(*counts):
    rng = np.random.default_rng(0)
    return [
        make_sample(
            rng.uniform(0, 200, (n, K, 2)), rng.integers(0, 3, (n, K)),
            rng.uniform(1000, 20000, n)) for n in counts
    ]


def draw_candidates(samples, count):
    """Near somebody, where there is anybody."""
    rng = np.random.default_rng(1)
    images, poses = [], []
    for image, sample in enumerate(samples):
        known = sample.gt_instances.keypoints
        for _ in range(count):
            pose = rng.uniform(0, 200, (K, 2))
            if len(known):
                pose = known[rng.integers(len(known))]
            images.append(image)
            poses.append((pose + rng.normal(scale=5, size=(K, 2))) / 4)
    return torch.tensor(images), torch.tensor(np.array(poses)).float()


def oks_of(pose, person, truth):
    """COCO's, of a pose in cells, and the term of each keypoint."""
    terms = []
    for k in range(K):
        if truth.keypoints_visible[person, k] > 0:
            distance = math.dist(4 * pose[k], truth.keypoints[person, k])
            variance = (2 * SIGMAS[k].item())**2
            area = 0.53 * truth.areas[person]
            terms.append(math.exp(-distance**2 / (2 * variance * area)))
        else:
            terms.append(0.)
    labelled = sum(truth.keypoints_visible[person] > 0)
    return sum(terms) / max(labelled, 1), terms


@pytest.mark.parametrize('counts', [(3, 1, 4), (0, 2), (1, )])
def test_each_candidate_belongs_to_whom_it_is_most_like(counts):
    samples = draw_samples(*counts)
    images, poses = draw_candidates(samples, 5)
    persons = LabelledPersons.collect(samples, SIGMAS, CELL)
    targets = CandidateTargets.match(persons, images, poses)
    for t, (image, pose) in enumerate(zip(images, poses)):
        truth = samples[image].gt_instances
        if not len(truth):
            assert targets.oks[t] == 0 and not targets.labelled[t].any()
            continue
        all_oks = [
            oks_of(pose.numpy(), n, truth)[0] for n in range(len(truth))
        ]
        best = int(np.argmax(all_oks))
        assert targets.oks[t].item() == pytest.approx(all_oks[best], abs=1e-5)
        if all_oks[best] < 1e-6:
            continue
        seen = truth.keypoints_visible[best] > 0
        assert targets.labelled[t].tolist() == seen.tolist()
        np.testing.assert_allclose(
            4 * targets.poses[t][seen], truth.keypoints[best][seen], rtol=1e-5)


def test_what_other_poses_would_add():
    samples = draw_samples(3)
    images, poses = draw_candidates(samples, 4)
    targets = CandidateTargets.match(
        LabelledPersons.collect(samples, SIGMAS, CELL), images, poses)
    moved = poses + 0.7
    terms = targets.terms(moved)
    truth = samples[0].gt_instances
    for t, pose in enumerate(poses):
        owner = int(
            np.argmax([oks_of(pose.numpy(), n, truth)[0] for n in range(3)]))
        _, expected = oks_of(moved[t].numpy(), owner, truth)
        np.testing.assert_allclose(terms[t], expected, atol=1e-5)


def test_the_tolerance_is_where_a_term_is_exp_of_minus_a_half():
    sample = make_sample([[8, 8], [20, 8], [40, 40]], [1, 1, 1], [4000])
    persons = LabelledPersons.collect([sample], SIGMAS, CELL)
    step = persons.tolerances[0, 0]
    pose = persons.poses[0] + torch.stack([step, torch.zeros(K)], -1)
    targets = CandidateTargets.match(persons, torch.tensor([0]), pose)
    torch.testing.assert_close(
        targets.terms(pose)[0], torch.full((K, ), math.exp(-0.5)))


def test_nobody_at_all():
    """In no image, and with no candidate either."""
    samples = draw_samples(0, 0)
    persons = LabelledPersons.collect(samples, SIGMAS, CELL)
    for count in (0, 2):
        poses = torch.rand(count, K, 2)
        targets = CandidateTargets.match(persons,
                                         torch.zeros(count).long(), poses)
        assert targets.oks.tolist() == [0] * count
        assert not targets.labelled.any()
        assert not targets.terms(poses).any()


def test_a_person_without_labels_has_no_candidates():
    """COCO's small persons: a box and no keypoint, coordinates of nan."""
    nobody = make_sample(np.full((1, K, 2), np.nan), np.zeros((1, K)), [9000.])
    somebody = make_sample([[[8, 8], [20, 8], [np.nan, 40]], [[1, 1]] * K],
                           [[1, 2, 2], [0, 0, 0]], [4000., 9000.])
    persons = LabelledPersons.collect([nobody, somebody], SIGMAS, CELL)
    assert persons.poses.isfinite().all()
    assert persons.labelled.tolist() == [[[False] * K] * 2,
                                         [[True, True, False], [False] * K]]
    pose = torch.tensor([[2., 2], [5, 2], [0, 0]])
    targets = CandidateTargets.match(persons, torch.tensor([0, 1]),
                                     torch.stack([pose, pose]))
    assert targets.oks.tolist() == [0, 1]


def test_a_box_under_a_cell_has_the_tolerance_of_a_cell():
    sample = make_sample([[8, 8], [20, 8], [40, 40]], [1, 1, 1], [0.5])
    persons = LabelledPersons.collect([sample], SIGMAS, CELL)
    torch.testing.assert_close(persons.tolerances[0, 0], 2 * SIGMAS)
