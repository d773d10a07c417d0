"""Persons of the head beyond the paper, candidate by candidate."""
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from plus_head import (CODEC, C, H, K, S, W, build_plus_head, draw_features,
                       samples)

from mmpose_pinet.models import PINetHead, PINetPlusHead
from mmpose_pinet.models.heads.flip_test import FlipTest, PlainTest
from mmpose_pinet.models.layers import FeaturePyramid
from mmpose_pinet.models.persons import shown_from


def at(feature_map, points):
    """Bilinear values (n, C) of a map (C, H, W), zero beyond it."""
    size = torch.tensor([W, H])
    grid = (2 * points + 1) / size - 1
    return F.grid_sample(
        feature_map[None], grid[None, None], align_corners=False)[0, :, 0].T


@torch.no_grad()
def candidates_by_hand(head, features):
    """Poses (t, K, 2) in px and scores (t, K) of one image."""
    maps = head((features[None], ))[0]
    pyramid = FeaturePyramid([features[None]])
    images, parts, points, part_scores = head.decoder.find_peaks(maps[None,
                                                                      K:])
    coarse, part_features = head.generate(pyramid, images, parts, points)
    refined = head.refine(pyramid, images, coarse, part_features)
    poses, scores = [], []
    for t in range(len(points)):
        pose = refined[t]
        if head.localisation is not None:
            pose = head.localisation(pyramid, images[t:t + 1], pose[None],
                                     part_features[t:t + 1])[0]
        features_at = at(features, pose)  # (K, C)
        # what a 1x1 convolution says of the columns, which beyond the map
        # are zero
        weight, bias = head.point_layer.weight, head.point_layer.bias
        values = [(features_at[k] @ weight[k] + bias[k]) for k in range(K)]
        values.append(part_scores[t])
        logits = head.scoring(features_at[:, None], part_features[t:t + 1],
                              torch.stack(values)[None], pose[None],
                              parts[t:t + 1])
        poses.append(pose * 4)
        scores.append(logits[0].sigmoid())
    return torch.stack(poses).numpy(), torch.stack(scores).numpy()


@pytest.mark.parametrize('localisation',
                         [dict(type='KeypointLocalisation', radius=2), None])
def test_candidates_as_one_by_one(localisation):
    """Looked for after refinement, and scored where they were found."""
    head = build_plus_head(localisation=localisation).eval()
    features = draw_features(2)
    for image, found in zip(features, head.predict((features, ), samples(2))):
        poses, scores = candidates_by_hand(head, image)
        order = np.argsort(-scores.mean(1), kind='stable')
        assert len(order) > 20
        np.testing.assert_allclose(found.keypoint_scores, scores[order], 1e-4)
        np.testing.assert_allclose(found.keypoints, poses[order], atol=1e-3)


def test_arguments_need_no_names():
    """They are those of PINetHead, in its order."""
    head = PINetPlusHead(C, K, dict(CODEC, parts='center'))
    assert head.point_layer.weight.shape == (K + 1, C)
    assert head.decoder.num_parts == 1


def test_without_scoring_they_have_the_paper_s_scores():
    """r_p times what the maps say where keypoints were found."""
    head = build_plus_head(scoring=None).eval()
    features = draw_features(1)
    found, = head.predict((features, ), samples(1))
    with torch.no_grad():
        maps = head((features, ))
        *peaks, part_scores = head.decoder.find_peaks(maps[:, K:])
        at_keypoints = head.decoder.score_keypoints(
            maps[:, :K], torch.zeros(len(found), dtype=torch.long),
            torch.from_numpy(found.keypoints / 4))
    assert len(found) == len(part_scores) > 20
    for scores, values in zip(found.keypoint_scores, at_keypoints.numpy()):
        inside = np.abs(values) > 1e-2
        r_p = scores[inside] / values[inside]
        nearest = np.abs(part_scores.numpy() - r_p[:1, None]).argmin(1)
        for of_keypoint in r_p:
            assert of_keypoint == pytest.approx(
                part_scores[nearest].item(), rel=1e-2)


def test_with_neither_it_is_the_paper_s_head():
    plus = build_plus_head(localisation=None, scoring=None).eval()
    paper = build_plus_head(PINetHead).eval()
    paper.load_state_dict(plus.state_dict())
    features = draw_features(2)
    for one, other in zip(
            plus.predict((features, ), samples(2)),
            paper.predict((features, ), samples(2))):
        np.testing.assert_array_equal(one.keypoints, other.keypoints)
        np.testing.assert_array_equal(one.keypoint_scores,
                                      other.keypoint_scores)


def test_its_scores_are_what_fusion_and_the_threshold_see():
    head = build_plus_head(
        post_processor=dict(type='PoseFusion', oks_thr=0.05, fuse=False))
    head.eval()
    features = draw_features(1)
    fused, = head.predict((features, ), samples(1))
    _, scores = candidates_by_hand(head, features[0])
    assert 1 < len(fused) < len(scores)
    assert fused.bbox_scores[0] == pytest.approx(scores.mean(1).max(), 1e-4)
    few, = head.predict((features, ),
                        samples(1),
                        test_cfg=dict(score_thr=fused.bbox_scores[1]))
    assert len(few) == 2


def test_persons_are_shown_from_where_scores_mean_something():
    assert shown_from(SimpleNamespace(head=build_plus_head())) == 0.3
    plain = build_plus_head(scoring=None)
    assert shown_from(SimpleNamespace(head=plain)) == 0.1
    # MMPose's own
    assert shown_from(SimpleNamespace(head=SimpleNamespace())) == 0.1
    assert shown_from(SimpleNamespace()) == 0.1


def test_the_mirror_image_is_asked_too():
    """Its poses and scores, in plain places and names, averaged."""
    head = build_plus_head().eval()
    features = draw_features(1), draw_features(1, seed=2)
    flip = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
    mirror = FlipTest(W, 1, 4., flip, (0, 1, 2))
    pyramid = FeaturePyramid([torch.cat(features)])
    image, part = torch.tensor([0, 0]), torch.tensor([1, 2])
    column = torch.tensor([[10., 5.], [14., 9.]])  # of the merged maps
    with torch.no_grad():
        poses, scores = head.find_poses(pyramid, mirror, (image, part, column))
        queries = mirror.queries(image, part, column)
        for t in range(2):
            views = []
            for view in (t, t + 2):
                one = [x[view:view + 1] for x in queries]
                views.append(head.find_poses(pyramid, PlainTest(), one))
            (pose, score), (mirrored, mirrored_score) = views
            mirrored = mirrored[:, flip].clone()
            mirrored[..., 0] = W - 0.25 - mirrored[..., 0]
            torch.testing.assert_close(
                poses[t], (pose + mirrored)[0] / 2, atol=1e-4, rtol=1e-5)
            torch.testing.assert_close(
                scores[t], (score + mirrored_score[:, flip])[0] / 2)


def test_several_scales():
    """All candidates of both, each scored on its own scale."""
    head = build_plus_head().eval()
    torch.manual_seed(3)
    half = torch.randn(1, C, H // 2, W // 2)
    plain = draw_features(1)
    both, = head.predict([(plain, ), (half, )],
                         samples(1, aug_scales=[0.5]),
                         test_cfg=dict(multiscale_test=True))
    alone = [head.predict((x, ), samples(1))[0] for x in (plain, half)]
    expected = np.concatenate([x.keypoint_scores for x in alone])
    assert len(both) == len(expected)
    np.testing.assert_allclose(
        np.sort(both.keypoint_scores.mean(1)),
        np.sort(expected.mean(1)),
        rtol=1e-5)


def test_nobody():
    head = build_plus_head().eval()
    head.decoder.decode_thr = 1e9
    found, = head.predict((draw_features(1), ), samples(1))
    assert found.keypoints.shape == (0, K, 2)
    assert found.keypoint_scores.shape == (0, K)


def test_built_by_name_and_told_what_it_knows():
    head = MODELS.build(
        dict(
            type='PINetPlusHead',
            in_channels=C,
            decoder=CODEC,
            localisation=dict(type='KeypointLocalisation', radius=3),
            scoring=dict(type='KeypointScoring', hidden_channels=7)))
    assert head.localisation.key.in_features == C
    assert head.localisation.nearness.shape == (K, )
    assert head.localisation.reach == 3.5
    assert head.scoring.num_parts == S
    assert head.scoring.predict.out_features == K
    assert head.scoring.hidden.out_features == 7


def test_a_codec_that_knows_no_body():
    with pytest.raises(ValueError, match="no skeleton.*skeleton='coco'"):
        build_plus_head(
            num_keypoints=K,
            decoder=dict(CODEC, parts=[[0, 1], [2]], skeleton=None),
            refinement=None)
