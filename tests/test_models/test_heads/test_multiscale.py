"""Candidates of several test scales, brought together by plain loops."""
import pytest
import torch
from mmpose.structures import PoseDataSample

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.models.heads.flip_test import FlipTest, PlainTest
from mmpose_pinet.models.heads.multiscale import (Candidates, iterate_scales,
                                                  merge_scales, to_arrays)

SCALES, SIZES = [1., 0.5, 2.], [(20, 12), (12, 8), (44, 24)]
CODEC = PartSPR((80, 48), (20, 12), [[0, 1], [2, 3, 4]])


def draw_candidates(counts, num_images=3, mirrored=False):
    """One entry a scale: its candidates, in random images."""
    torch.manual_seed(0)
    found = []
    for scale, size, count in zip(SCALES, SIZES, counts):
        mirror = PlainTest()
        if mirrored:
            mirror = FlipTest(size[0], num_images, 4., range(5), range(2))
        found.append(
            Candidates(
                scale,
                size,
                images=torch.randint(num_images, (count, )),
                poses=torch.rand(count, 5, 2) * torch.tensor(size),
                part_scores=torch.rand(count) + 0.1,
                maps=torch.rand(num_images, 7, size[1], size[0] + mirrored),
                mirror=mirror))
    return found


# the first scale, or one of the others, may find nobody in an image
COUNTS = [(8, 9, 7), (0, 3, 3), (1, 0, 9)]


@pytest.mark.parametrize('counts', COUNTS)
def test_poses_as_by_loop(counts):
    """Resized about the centre of the image, in the order of scales."""
    found = draw_candidates(counts)
    images, poses, _ = merge_scales(found, CODEC)
    i = 0
    for at_scale in found:
        for image, pose in zip(at_scale.images, at_scale.poses):
            x, y = (
                (pose[:, axis] - at_scale.size[axis] / 2) / at_scale.scale +
                SIZES[0][axis] / 2 for axis in (0, 1))
            assert images[i] == image
            torch.testing.assert_close(poses[i], torch.stack([x, y], dim=1))
            i += 1
    assert i == len(images) == len(poses) == sum(counts)


@pytest.mark.parametrize('mirrored', [False, True])
@pytest.mark.parametrize('counts', COUNTS)
def test_scores_as_by_loop(counts, mirrored):
    """Part scores are rescaled to the best of scale 1; keypoint scores are
    the mean of what each scale's own map says at its own coordinates."""
    found = draw_candidates(counts, mirrored=mirrored)
    images, poses, scores = merge_scales(found, CODEC)
    i = 0
    for at_scale in found:
        for image, part_score in zip(at_scale.images, at_scale.part_scores):
            best, best_here = (
                max([s for s, b in zip(f.part_scores, f.images) if b == image],
                    default=None) for f in (found[0], at_scale))
            if best is not None:
                part_score = part_score * best / best_here
            read = []
            for other in found:
                centre, first_centre = (
                    torch.tensor(size) / 2 for size in (other.size, SIZES[0]))
                pose = (poses[i] - first_centre) * other.scale + centre
                read.append(
                    CODEC.score_keypoints(other.maps[image, None, :5],
                                          torch.tensor([0]), pose[None],
                                          other.size, other.mirror.origin)[0])
            torch.testing.assert_close(scores[i],
                                       part_score * sum(read) / len(read))
            i += 1
    assert i == len(scores)


def test_one_scale_is_left_as_it_is():
    found, = draw_candidates((6, ))
    images, poses, scores = merge_scales([found], CODEC)
    assert torch.equal(images, found.images)
    assert torch.equal(poses, found.poses)
    keypoint_scores = CODEC.score_keypoints(found.maps[:, :5], images, poses)
    assert torch.equal(scores, found.part_scores[:, None] * keypoint_scores)


def test_scores_that_a_head_tells_itself_stay():
    """And candidates that do not count are of no image, as ever."""
    found = draw_candidates((4, 3, 2))
    for at_scale in found:
        at_scale.part_scores[0] = 0
        at_scale.scores = torch.rand(len(at_scale.images), 5)
    images, _, scores = merge_scales(found, CODEC)
    assert torch.equal(scores, torch.cat([f.scores for f in found]))
    left_out = (images == -1).nonzero()[:, 0].tolist()
    assert left_out == [0, 4, 7]


def iterate(pad_shapes):
    samples = [
        PoseDataSample(metainfo=dict(pad_shape=shape)) for shape in pad_shapes
    ]
    levels = [torch.zeros(len(samples), 1, 12, 20)]
    return list(iterate_scales(levels, samples, {}, CODEC))


def test_images_of_one_padded_shape_are_tested_together():
    (scale, levels, mirror), = iterate([[48, 80], (48, 80)])
    assert (scale, mirror) == (1, PlainTest())
    assert levels[0].shape == (2, 1, 12, 20)


@pytest.mark.parametrize('count', [2, 3])
def test_images_that_were_padded_to_the_shape_of_others_are_refused(count):
    shapes = [(48, 80), (40, 80), (48, 72)]
    with pytest.raises(ValueError, match=r'\(40, 80\), .*padded to one shape'):
        iterate(shapes[:count])


def test_candidates_of_no_image_are_left_behind():
    """Those of each image come in their order."""
    images = torch.tensor([1, -1, 0, 1])
    poses, scores = torch.rand(4, 5, 2), torch.rand(4, 5)
    found = to_arrays(images, poses, scores, 3)
    for (of_poses, of_scores), rows in zip(found, ([2], [0, 3], [])):
        assert torch.equal(torch.as_tensor(of_poses), poses[rows])
        assert torch.equal(torch.as_tensor(of_scores), scores[rows])
    assert len(found) == 3


def test_each_scale_has_both_views_of_its_images_in_a_batch():
    sample = PoseDataSample(
        metainfo=dict(aug_scales=[.5], flip_indices=[1, 0, 4, 3, 2]))
    feats = [[[torch.rand(1, 1, h, w)] for _ in range(2)]
             for w, h in SIZES[:2]]
    test_cfg = dict(multiscale_test=True, flip_test=True)
    tests = list(iterate_scales(feats, [sample], test_cfg, CODEC))
    assert [test.scale for test in tests] == [1, .5]
    for (_, levels, mirror), views, (width, _) in zip(tests, feats, SIZES):
        assert torch.equal(levels[0][:1], views[0][0])
        assert torch.equal(levels[0][1:], views[1][0])
        assert mirror == FlipTest(width, 1, 4., (1, 0, 4, 3, 2), (0, 1))
