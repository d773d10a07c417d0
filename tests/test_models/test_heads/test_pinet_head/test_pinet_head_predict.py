"""Persons of the sparse head against maps of everything."""
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.runner.checkpoint import load_state_dict
from mmpose.models.necks import FeatureMapProcessor
from mmpose.structures import PoseDataSample
from small_head import C, K, S, build_small_head

W, H = 24, 16
SIGMAS = [0.05] * K


def build_head(**kwargs):
    """In evaluation."""
    return build_small_head((W, H), **kwargs).eval()


def draw_features(num_images):
    torch.manual_seed(1)
    return torch.randn(num_images, C, H, W)


def samples(num_images, **metainfo):
    return [PoseDataSample(metainfo=metainfo) for _ in range(num_images)]


@torch.no_grad()
def dense_candidates(head, features):
    """Poses (t, K, 2) in input px and scores (t, K) of one image."""
    maps = head((features[None], ))[0]
    layer = head.displacement_layer
    displacements = F.conv2d(features, layer.weight[..., None, None],
                             layer.bias).view(S, K, 2, H, W)
    poses, scores = [], []
    for s, part_map in enumerate(maps[K:]):
        highest = F.max_pool2d(part_map[None], 3, 1, 1)[0]
        peaks = [(-part_map[y, x].item(), y, x)
                 for y, x in (part_map == highest).nonzero().tolist()
                 if part_map[y, x] > 0.01]
        for score, y, x in sorted(peaks)[:30]:
            pose = torch.tensor([x, y]) + displacements[s, :, :, y, x]
            size = torch.tensor([W - 1, H - 1])
            if head.refinement is not None:
                near = F.grid_sample(
                    features[None], (pose / (size / 2) - 1)[None, None],
                    align_corners=False)[0, :, 0]
                pose = pose + head.refinement(near.T[:, None],
                                              features[None, :, y, x])[0]
            at_keypoints = F.grid_sample(
                maps[:K, None], (pose / (size / 2) - 1)[:, None, None],
                padding_mode='border',
                align_corners=True)[:, 0, 0, 0]
            inside = ((pose >= 0) & (pose <= size + 0.75)).all(1)
            poses.append(pose * 4)
            scores.append(-score * at_keypoints * inside)
    return torch.stack(poses).numpy(), torch.stack(scores).numpy()


@pytest.mark.parametrize('refined', [True, False])
def test_candidates_as_dense(refined):
    """Without a post processor: all of them, of each image of a batch."""
    head = build_head() if refined else build_head(refinement=None)
    features = draw_features(3)
    persons = head.predict((features, ), samples(3))
    assert len(persons) == 3
    for image, found in zip(features, persons):
        poses, scores = dense_candidates(head, image)
        order = np.argsort(-scores.mean(1), kind='stable')
        assert len(order) > 30
        np.testing.assert_allclose(
            found.keypoint_scores, scores[order], rtol=1e-3, atol=1e-4)
        # poses of equal mean score, such as 0 outside the map, may swap
        mine, theirs = (
            x[x[:, 0, 0].argsort()] for x in (found.keypoints, poses))
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize('fuse', [True, False])
def test_batch_is_images_one_by_one(fuse):
    head = build_head(
        post_processor=dict(type='PoseFusion', sigmas=SIGMAS, fuse=fuse))
    features = draw_features(3)
    features[1] = 0  # maps without a peak: nobody
    with torch.no_grad():
        head.point_layer.bias[K:] = 0
    batch = head.predict((features, ), samples(3))
    assert len(batch[0].keypoints) > 0 == len(batch[1].keypoints)
    for image, persons in zip(features, batch):
        alone, = head.predict((image[None], ), samples(1))
        for key in ('keypoints', 'keypoint_scores', 'bboxes', 'bbox_scores'):
            np.testing.assert_allclose(
                persons[key], alone[key], rtol=1e-4, atol=1e-4)


def test_what_a_person_is():
    """Best first; the box is the keypoints', the score their mean."""
    head = build_head(post_processor=dict(type='PoseFusion', sigmas=SIGMAS))
    found = head.predict((draw_features(1), ), samples(1))[0]
    poses, scores = found.keypoints, found.keypoint_scores
    assert len(found) > 1
    np.testing.assert_allclose(found.bboxes[:, :2], poses.min(1))
    np.testing.assert_allclose(found.bboxes[:, 2:], poses.max(1))
    np.testing.assert_allclose(found.bbox_scores, scores.mean(1), rtol=1e-5)
    assert (np.diff(found.bbox_scores) <= 0).all()
    assert all(np.isfinite(value).all() for _, value in found.items())
    assert poses.dtype == scores.dtype == np.float32


def test_persons_under_a_score_are_left_out():
    """And all others stay as they are; 0 leaves out nobody."""
    head = build_head(post_processor=dict(type='PoseFusion', sigmas=SIGMAS))
    features = draw_features(2)
    everybody = head.predict((features, ), samples(2))
    thr = float(np.median(everybody[0].bbox_scores))
    chosen = head.predict((features, ), samples(2), dict(score_thr=thr))
    for persons, found in zip(chosen, everybody):
        keep = found.bbox_scores >= thr
        assert len(persons) == keep.sum()
        np.testing.assert_array_equal(persons.keypoints, found.keypoints[keep])
    assert 0 < len(chosen[0]) < len(everybody[0])
    # untrained maps go below 0 as well
    assert min(persons.bbox_scores.min() for persons in everybody) < 0
    nobody = head.predict((features, ), samples(2), dict(score_thr=1e6))
    assert [len(persons.keypoints) for persons in nobody] == [0, 0]


def test_any_post_processor_will_do():
    """It is called with the candidates of one image; persons are sorted."""
    head = build_head()
    features = draw_features(2)
    candidates = head.predict((features, ), samples(2))
    head.post_processor = lambda poses, scores: (poses[:3], scores[:3] * 0.5)
    for found, persons in zip(candidates, head.predict((features, ),
                                                       samples(2))):
        assert len(persons) == 3 < len(found)
        assert (np.diff(persons.bbox_scores) <= 0).all()


@pytest.mark.parametrize('post_processor',
                         [None, dict(type='PoseFusion', sigmas=SIGMAS)])
@pytest.mark.parametrize('flip_test', [False, True])
def test_nobody(post_processor, flip_test):
    head = build_head(post_processor=post_processor)
    nn.init.constant_(head.point_layer.bias, -1e3)
    features = (draw_features(2), )
    with torch.no_grad():
        batch = head.predict([features, features] if flip_test else features,
                             samples(2, flip_indices=[0, 2, 1, 4, 3]),
                             dict(flip_test=flip_test))
    assert len(batch) == 2
    for persons in batch:
        assert {
            key: value.shape
            for key, value in persons.items()
        } == dict(
            keypoints=(0, K, 2),
            keypoint_scores=(0, K),
            bboxes=(0, 4),
            bbox_scores=(0, ))


def test_a_pose_that_is_no_number_is_told_with_its_image():
    head = build_head()
    with torch.no_grad():
        head.displacement_layer.bias[0] = float('nan')
    with pytest.raises(ValueError, match='^b.jpg: keypoints or scores'):
        head.predict((draw_features(1), ), samples(1, img_path='b.jpg'))


def test_output_heatmaps():
    head = build_head()
    features = draw_features(2)
    persons, fields = head.predict((features, ), samples(2),
                                   dict(output_heatmaps=True))
    assert len(persons) == len(fields) == 2
    for field, expected in zip(fields, head((features, ))):
        assert not field.heatmaps.requires_grad
        torch.testing.assert_close(field.heatmaps, expected.detach())


def test_forward_is_the_point_maps():
    """Keypoints first."""
    head = build_head()
    features = draw_features(2)
    maps = head((features, ))
    assert maps.shape == (2, K + S, H, W)
    weight, bias = head.point_layer.parameters()
    torch.testing.assert_close(maps[1, 3, 4, 5],
                               features[1, :, 4, 5] @ weight[3] + bias[3])


@pytest.mark.parametrize('num_views', [1, 2])
def test_small_maps_count_as_if_resized_and_concatenated(num_views):
    """For a backbone without a neck, in a flip test too."""
    head = build_head()
    torch.manual_seed(1)
    views = [[
        torch.randn(2, C - 4, H, W),
        torch.randn(2, 3, H // 2, W // 2),
        torch.randn(2, 1, H // 8, W // 8)
    ] for _ in range(num_views)]
    whole = [FeatureMapProcessor(concat=True)(view) for view in views]
    batch = samples(2, flip_indices=[0, 2, 1, 4, 3])
    test_cfg = dict(flip_test=num_views == 2)
    given, expected = (
        head.predict(feats if num_views == 2 else feats[0], batch, test_cfg)
        for feats in (views, whole))
    for persons, others in zip(given, expected):
        assert len(persons) == len(others) > 10
        for key in ('keypoints', 'keypoint_scores'):
            np.testing.assert_allclose(persons[key], others[key], atol=1e-3)


@pytest.mark.parametrize('wrong, message', [
    (dict(num_keypoints=4, refinement=None), r'parts\[2\]=\[3, 4\].*4'),
    (dict(refinement=dict(type='PoseRefinement', skeleton='coco')),
     "skeleton='coco' has 17.*num_keypoints=5"),
    (dict(post_processor=dict(type='PoseFusion', sigmas=[0.05] * 17)),
     'post_processor.sigmas has 17 .*num_keypoints=5'),
])
def test_config_at_odds_with_itself(wrong, message):
    with pytest.raises(ValueError, match=message):
        build_head(**wrong)


@pytest.mark.parametrize('width, peaks', [(390, 2), (392, 1)])
def test_the_image_decides_how_far_apart_peaks_are(width, peaks):
    """Up to a mean side of 200 cells, two may do; the maps of both views
    have a column more than the image."""
    head = build_small_head((width, 10), refinement=None).eval()
    with torch.no_grad():  # parts are where the first channel says
        head.point_layer.weight.zero_()
        head.point_layer.weight[K:, 0] = 1
        head.point_layer.bias.zero_()
    view = torch.full((1, C, 10, width), -1.)
    view[..., 5, 100], view[..., 5, 102] = 1, .9
    # cell x of the image is cell W - 1/4 - x of its mirror image
    mirrored = view.clone()
    mirrored[..., 1:] = view.lerp(view.roll(-1, -1), .75)[..., :-1].flip(-1)
    found, = head.predict([(view, ), (mirrored, )],
                          samples(1, flip_indices=[0, 2, 1, 4, 3]),
                          dict(flip_test=True))
    assert len(found.keypoints) == S * peaks


def test_flip_test_of_parts_without_mirror_images():
    head = build_head()
    features = (draw_features(1), )
    with pytest.raises(ValueError, match=r'parts\[0\].*flip_test=False'):
        head.predict([features, features],
                     samples(1, flip_indices=[3, 1, 2, 0, 4]),
                     dict(flip_test=True))


def test_checkpoints_from_before_the_point_layer_was_linear():
    """Its weights had two axes more; strictly, and through MMEngine."""
    head = build_head()
    old = dict(head.state_dict())
    name = 'point_layer.weight'
    old[name] = old[name][..., None, None] + 1
    for load in (head.load_state_dict, partial(load_state_dict, head)):
        nn.init.zeros_(head.point_layer.weight)
        load(dict(old), strict=True)
        torch.testing.assert_close(head.point_layer.weight, old[name][:, :, 0,
                                                                      0])
