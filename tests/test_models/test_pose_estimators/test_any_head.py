"""Heads of MMPose and our own on one estimator, and PF after them."""
import logging
from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pytest
import slim_model
import torch
import torch.nn as nn
import zoo
from mmpose.models.heads import DEKRHead, RTMOHead
from mmpose.registry import MODELS

from mmpose_pinet.codecs.skeletons import load_skeleton
from mmpose_pinet.datasets.drawn import draw_crowd
from mmpose_pinet.engine import ChannelsLastHook
from mmpose_pinet.post_processors import PoseFusion

OURS = 'BatchedBottomupPoseEstimator'
STOCK = 'BottomupPoseEstimator'
NAMES = dict(DEKR=zoo.DEKR, CID=zoo.CID, RTMO=zoo.RTMO, AE=zoo.AE)
FUSION = dict(type='PoseFusion', skeleton='coco')
SIDE = 128  # of a picture, in px
# Each head's own NMS, switched off. RTMO's head stops with an error at 1;
# of random weights it finds people if that is asked of few
ALL_CANDIDATES = dict(
    DEKR=dict(nms_dist_thr=0), RTMO=dict(nms_thr=0.9999, score_thr=0.005))


@pytest.fixture(scope='module')
def crowd(tmp_path_factory):
    folder = tmp_path_factory.mktemp('crowd')
    draw_crowd(str(folder), 1, image_size=SIDE, num_workers=1)
    return folder


def read_config(name):
    """MMPose's own at a small size, on a slim HRNet; or one of our heads'."""
    cfg = zoo.read_config(NAMES.get(name, zoo.AE))
    cfg.model.data_preprocessor.pop('batch_augments', None)
    if name == 'RTMO':
        return cfg
    # what random weights say of scores is what the poses' are to be
    cfg.model.head.pop('rescore_cfg', None)
    stage = cfg.model.backbone.extra.stage4
    all_maps = stage.get('multiscale_output', False)
    cfg.model.backbone = slim_model.read_config().model.backbone
    stage = cfg.model.backbone.extra.stage4
    stage.multiscale_output = all_maps
    channels = stage.num_channels
    cfg.model.head.in_channels = sum(channels) if all_maps else channels[0]
    if name not in NAMES:
        codec = dict(
            cfg.model.head.decoder,
            type='HigherAssociativeEmbedding',
            heatmap_size=(SIDE, SIDE))
        codec.pop('decode_center_shift')
        cfg.model.head = dict(
            type=name,
            in_channels=channels[0],
            num_keypoints=17,
            decoder=codec)
    return cfg


@torch.no_grad()
def build(cfg, estimator, flip_test=False, **changes):
    """A model of random weights, the same for every estimator."""
    model = deepcopy(cfg.model)
    model.update(type=estimator, **changes)
    model.test_cfg.flip_test = flip_test
    torch.manual_seed(0)
    model = MODELS.build(model)
    # statistics that matter, and keep numbers in bounds
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.
    model(torch.rand(1, 3, SIDE, SIDE) * 255, None, mode='tensor')
    if isinstance(model.head, DEKRHead):  # many poses that overlap
        model.head.heatmap_conv_layers[-1].bias.fill_(0.5)
        model.head.displacement_conv_layers[-1].bias.normal_(std=10)
    elif isinstance(model.head, RTMOHead):  # boxes of a person's size
        for layer in model.head.head_module.out_bbox:
            layer.weight.mul_(0.1)
            layer.bias[2:] = 1.5
        model.head.dcc.pose_to_kpts[0].weight.mul_(0.1)
    if estimator == OURS:
        ChannelsLastHook().before_run(
            SimpleNamespace(model=model, logger=logging.getLogger()))
    return model


@torch.no_grad()
def test_step(model, cfg, crowd):
    """In float64, so that rounding does not decide which of two cells is the
    higher, where all layers can do so."""
    if not isinstance(model.head, RTMOHead):
        model.double()
    batch = zoo.read_batch(cfg.val_pipeline, crowd, test=True)
    return model.eval().test_step(batch)[0]


test_step.__test__ = False

HEADS = [('DEKR', False), ('DEKR', True), ('CID', False), ('CID', True),
         ('RTMO', False), ('AE', True), ('AEHead', False), ('AEHead', True),
         ('HigherHRNetHead', False), ('HigherHRNetHead', True)]


@pytest.mark.parametrize('name, flip_test', HEADS)
def test_a_head_finds_what_it_finds_on_the_stock_estimator(
        name, flip_test, crowd):
    """With features in the channels-last memory format as well."""
    cfg = read_config(name)
    cfg.model.test_cfg.update(ALL_CANDIDATES.get(name, {}))
    cfg.model.test_cfg.output_heatmaps = name != 'RTMO'  # which has none
    expected, sample = (
        test_step(build(cfg, estimator, flip_test), cfg, crowd)
        for estimator in (STOCK, OURS))
    if name != 'RTMO':
        for key, maps in expected.pred_fields.items():
            torch.testing.assert_close(getattr(sample.pred_fields, key), maps)
    found, expected = sample.pred_instances, expected.pred_instances
    assert found.keys() == expected.keys()
    assert len(found.keypoints) == len(expected.keypoints) > 0
    # enlarged maps have equal cells at the border: either is a maximum
    if name in ('DEKR', 'CID', 'RTMO'):
        # in px; RTMO computes in float32, and random weights are no help
        distance = np.abs(found.keypoints - expected.keypoints)
        assert np.quantile(distance, 0.99) < 0.1 and distance.max() < 3
        np.testing.assert_allclose(
            found.keypoint_scores, expected.keypoint_scores, atol=1e-4)


@pytest.mark.parametrize('name', ['DEKR', 'CID', 'RTMO'])
def test_a_head_learns_what_it_learns_on_the_stock_estimator(name, crowd):
    cfg = read_config(name)
    batch = zoo.read_batch(zoo.training_pipeline(cfg), crowd)
    losses = []
    for estimator in (STOCK, OURS):
        model = build(cfg, estimator).train()
        data = model.data_preprocessor(deepcopy(batch), True)
        loss, _ = model.parse_losses(model(**data, mode='loss'))
        loss.backward()
        assert next(model.backbone.parameters()).grad.any()
        losses.append(loss.detach())
    assert losses[0] > 0
    torch.testing.assert_close(losses[1], losses[0], rtol=1e-3, atol=0)


# PF


@pytest.mark.parametrize('name, nms', [('DEKR', dict(nms_dist_thr=0.5)),
                                       ('RTMO', dict(nms_thr=0.65))])
def test_a_key_switches_a_heads_own_nms_off(name, nms, crowd):
    cfg = read_config(name)
    cfg.model.test_cfg.update(ALL_CANDIDATES[name])
    every = len(test_step(build(cfg, OURS), cfg, crowd).pred_instances)
    cfg.model.test_cfg.update(nms)
    left = len(test_step(build(cfg, OURS), cfg, crowd).pred_instances)
    assert 0 < left < every
    if name == 'RTMO':  # the cells of both levels
        assert every == (SIDE // 16)**2 + (SIDE // 32)**2


@pytest.mark.parametrize('name, flip_test', HEADS)
def test_candidates_become_persons(name, flip_test, crowd):
    """Fused by hand from what the head finds; OKS is the same in px of the
    picture as in those of the input."""
    cfg = read_config(name)
    cfg.model.test_cfg.update(ALL_CANDIDATES.get(name, {}))
    candidates = test_step(build(cfg, OURS, flip_test), cfg,
                           crowd).pred_instances
    scores = candidates.keypoint_scores
    if name == 'RTMO':
        scores = scores * candidates.bbox_scores[:, None]
    fusion = PoseFusion(load_skeleton('coco').sigmas, oks_thr=0.1)
    keypoints, scores = fusion(candidates.keypoints, scores)
    if name in ('DEKR', 'RTMO'):  # there is something to fuse
        assert 0 < len(keypoints) < len(candidates.keypoints)

    post_processor = dict(type='PoseFusion', skeleton='coco', oks_thr=0.1)
    model = build(cfg, OURS, flip_test, post_processor=post_processor)
    found = test_step(model, cfg, crowd).pred_instances
    likely = scores.mean(axis=1) >= cfg.model.test_cfg.get('score_thr', -1)
    np.testing.assert_allclose(found.keypoints, keypoints[likely], atol=1e-3)
    np.testing.assert_allclose(found.keypoint_scores, scores[likely])
    np.testing.assert_allclose(found.bbox_scores, scores[likely].mean(axis=1))
    np.testing.assert_allclose(
        found.bboxes[:, 2:], keypoints[likely].max(axis=1), atol=1e-3)


@pytest.mark.parametrize('name', ['DEKR', 'CID', 'RTMO', 'AEHead'])
def test_nobody_is_found(name, crowd):
    cfg = read_config(name)
    thresholds = dict(DEKR='decode_thr', AEHead='decode_keypoint_thr')
    if name in thresholds:
        cfg.model.head.decoder[thresholds[name]] = 1e9
    cfg.model.test_cfg.update(score_threshold=1e9, score_thr=1e9)
    model = build(
        cfg, OURS, post_processor=dict(type='PoseFusion', skeleton='coco'))
    found = test_step(model, cfg, crowd).pred_instances
    assert found.keypoints.shape == (0, 17, 2)
    assert found.keypoint_scores.shape == (0, 17)
    assert found.bboxes.shape == (0, 4) and found.bbox_scores.shape == (0, )


@pytest.mark.parametrize('post_processor, message', [
    (dict(type='PoseFusion'), "no sigmas.* add skeleton='coco'"),
    (dict(type='PoseFusion', skeleton='crowdpose'),
     "skeleton='crowdpose' has 14 values, but num_keypoints=17"),
    (dict(type='PoseFusion', sigmas=[0.1]), 'sigmas has 1 values'),
])
def test_sigmas_that_do_not_fit_are_refused(post_processor, message):
    with pytest.raises(ValueError, match=message):
        build(read_config('CID'), OURS, post_processor=post_processor)


@pytest.mark.parametrize('own', [None, dict(type='PoseFusion')])
def test_a_head_with_a_post_processor_of_its_own_keeps_it(own):
    model = slim_model.read_config().model
    model.head.post_processor = own
    model.post_processor = dict(type='PoseFusion', skeleton='coco')
    with pytest.raises(
            ValueError,
            match='model.post_processor is for heads without.* set '
            'model.head.post_processor of the PINetHead alone'):
        MODELS.build(model)
