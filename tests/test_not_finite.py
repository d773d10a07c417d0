"""Numbers that are no numbers: in weights, predictions and settings."""
from copy import deepcopy
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MessageHub
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmpose.registry import HOOKS, KEYPOINT_CODECS, METRICS, MODELS
from mmpose.structures import PoseDataSample
from random_weights import TINY

from mmpose_pinet.arguments import check_number
from mmpose_pinet.fusion import PoseFusion, find_persons

NAN, INF = float('nan'), float('inf')
FLIP = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


@pytest.fixture(scope='module')
def model():
    with DefaultScope.overwrite_default_scope('mmpose'):
        torch.manual_seed(0)
        model = MODELS.build(Config.fromfile(TINY).model).eval()
    with torch.no_grad():
        model.head.point_layer.weight.normal_(std=0.1)
        model.head.point_layer.bias.fill_(0.5)
        model.head.displacement_layer.weight.normal_()
    return model


def samples(*names):
    meta = dict(
        ori_shape=(64, 64),
        img_shape=(64, 64),
        input_size=(64, 64),
        input_center=np.array([32., 32]),
        input_scale=np.array([64., 64]),
        flip_indices=FLIP)
    return [
        PoseDataSample(metainfo=dict(meta, img_path=name)) for name in names
    ]


def predict(model, names=('a.jpg', 'b.jpg')):
    with torch.no_grad():
        return model(
            torch.rand(len(names), 3, 64, 64), samples(*names), 'predict')


# those of normal tests first
POISONED = [
    'backbone.conv1.weight', 'head.point_layer.bias',
    'head.displacement_layer.weight', 'head.refinement.predict.bias',
    'backbone.bn1.bias', 'backbone.stage4.0.fuse_layers.0.1.0.weight',
    'head.point_layer.weight', 'head.displacement_layer.bias',
    'head.refinement.adjacency', 'head.refinement.stem.linear.weight'
]


def poison(model, name, value, every):
    """A copy, in which one weight, or each of its name, has a value."""
    model = deepcopy(model)
    with torch.no_grad():
        model.state_dict()[name].view(-1)[:None if every else 1].fill_(value)
    return model


@pytest.mark.parametrize('name', POISONED[:4])
def test_poisoned_weights_are_told_with_the_image(model, name):
    with pytest.raises(ValueError, match=r'a\.jpg.*are not finite'):
        predict(poison(model, name, NAN, every=True))


@pytest.mark.slow
def test_all_ways_to_poison_weights(model):
    """One weight or many, with and without mirror images: none is silent."""
    model, tries, faults = deepcopy(model), 0, []
    for flip_test in False, True:
        model.test_cfg.flip_test = flip_test
        for name, value, every in product(POISONED, (NAN, INF), (False, True)):
            tries += 1
            try:
                predict(poison(model, name, value, every))
                faults.append((flip_test, name, value, every, 'silent'))
            except Exception as error:
                if 'a.jpg' not in str(error) or 'finite' not in str(error):
                    faults.append((flip_test, name, value, every, error))
    print(f'poisoned weights: {tries} tries, {len(faults)} faults')
    assert not faults


def test_only_images_whose_features_are_not_finite_are_named(model):
    images = torch.rand(3, 3, 64, 64)
    images[1, 0, 5, 5] = NAN
    with torch.no_grad(), pytest.raises(ValueError) as error:
        model(images, samples('a.jpg', 'b.jpg', 'c.jpg'), 'predict')
    assert str(error.value).startswith('b.jpg: features are not finite')


def test_any_head_is_told_of_features(model):
    """Whatever the head makes of them: here it finds nobody."""
    model = deepcopy(model)
    model.head.predict = lambda *_, **__: pytest.fail('features reached it')
    with torch.no_grad():
        model.backbone.conv1.weight.fill_(NAN)
    with pytest.raises(ValueError, match='a.jpg, b.jpg: features'):
        predict(model)


def test_any_head_is_told_of_its_persons(model):
    """RTMO's are NaN where its boxes are, and its features are not."""
    model = deepcopy(model)
    persons = [
        InstanceData(
            keypoints=torch.full((2, 17, 2), x),
            keypoint_scores=torch.ones(2, 17)) for x in (1., NAN)
    ]
    model.head.predict = lambda *_, **__: persons
    with pytest.raises(ValueError, match=r'^b\.jpg: keypoints or scores'):
        predict(model)


@pytest.mark.parametrize('dtype, precision', [(torch.float16, 'fp16'),
                                              (torch.bfloat16, 'bf16')])
def test_weights_of_half_precision_say_what_to_do(model, dtype, precision):
    with pytest.raises(ValueError, match=f"test_cfg.precision='{precision}'"):
        predict(deepcopy(model).to(dtype))


@pytest.mark.parametrize('of_scores', [False, True])
@pytest.mark.parametrize('value', [NAN, INF, -INF])
def test_no_person_is_found_where_there_is_no_number(of_scores, value):
    found = np.random.default_rng(0).uniform(size=(3, 2, 2)), np.ones((3, 2))
    found[of_scores][1, 0] = value
    for post_processor in None, PoseFusion([.1, .1]):
        for score_thr in 0, .5:
            with pytest.raises(ValueError, match='a.jpg: keypoints or scores'):
                find_persons(*found, post_processor, score_thr, 'a.jpg')


@pytest.mark.parametrize('value', [NAN, INF])
def test_a_metric_refuses_what_coco_takes_for_right(value):
    metric = METRICS.build(dict(type='CrowdLevelMetric'))
    metric.coco = 'annotations are read after all batches'
    keypoints = np.full((1, 17, 2), value)
    sample = dict(
        id=0,
        img_id=7,
        category_id=1,
        pred_instances=dict(
            keypoints=keypoints, keypoint_scores=np.ones((1, 17))),
        gt_instances=dict(bbox_scales=np.ones((1, 2))))
    with pytest.raises(ValueError, match='image 7: keypoints or scores'):
        metric.process([], [sample])


def after_iteration(**losses):
    hub = MessageHub('numbers')
    for name, loss in losses.items():
        hub.update_scalar(f'train/{name}', torch.tensor(loss))
    hook = HOOKS.build(Config.fromfile(TINY).default_hooks.finite_loss)
    hook.after_train_iter(
        SimpleNamespace(message_hub=hub, iter=41), 0,
        dict(data_samples=samples('a.jpg', 'b.jpg')), losses)


@pytest.mark.parametrize('value', [NAN, INF, -INF])
def test_a_loss_that_is_not_finite_stops_the_training(value):
    with pytest.raises(ValueError) as error:
        after_iteration(**{'loss': value, 'loss/heatmap': .5})
    text = str(error.value)
    assert text.startswith(f'iteration 42 has loss={value}, loss/heatmap=0.5')
    assert 'a.jpg, b.jpg' in text and 'optimizer.lr' in text


def test_other_losses_go_on():
    after_iteration(**{'loss': 1e9, 'loss/heatmap': 0., 'grad_norm': NAN})


CODEC = dict(
    type='PartSPR', input_size=(64, 64), heatmap_size=(16, 16), parts='head')
WRONG = [
    (CODEC, 'sigma', [0, -1, NAN, INF, '2', None]),
    (CODEC, 'radius', [0, -1, NAN, INF]),
    (CODEC, 'background_weight', [-.1, NAN, INF]),
    (CODEC, 'min_instance_area', [-1, NAN, INF]),
    (CODEC, 'decode_thr', [-.1, NAN, INF]),
    (CODEC, 'decode_max_instances', [0, -3, 1.5, NAN, True]),
    (CODEC, 'input_size', [(0, 64), (64, NAN), (64, ), (-64, 64)]),
    (CODEC, 'heatmap_size', [(0, 16), (16, NAN), (16, 16, 16)]),
    (dict(type='CrowdLevelMetric'), 'bins', [[], [.5], [0, NAN], [NAN, 1],
                                             [0, NAN, 1], [0, 0], [0, INF],
                                             [[0, 1]]]),
    (dict(type='PersonVisualizationHook'), 'score_thr', [-1, NAN, INF]),
    (dict(type='PersonVisualizationHook'), 'kpt_thr', [-1, NAN]),
    (dict(type='PoseRefinement', in_channels=4,
          num_keypoints=17), 'num_layers', [-1, 1.5, NAN]),
    (dict(type='PoseFusion'), 'sigmas', [[], [[]], [0.], [NAN], [INF], [-.1],
                                         .1]),
    (dict(type='PoseFusion',
          sigmas=[.1]), 'oks_thr', [-.1, 1.1, NAN, INF, None]),
]


@pytest.mark.parametrize('cfg, key, value', [(cfg, key, value)
                                             for cfg, key, values in WRONG
                                             for value in values])
def test_settings_that_cannot_be_are_refused_when_built(cfg, key, value):
    builders = dict(
        PartSPR=KEYPOINT_CODECS.build,
        CrowdLevelMetric=METRICS.build,
        PersonVisualizationHook=HOOKS.build,
        PoseRefinement=MODELS.build,
        PoseFusion=lambda cfg: PoseFusion(**{
            key: x
            for key, x in cfg.items() if key != 'type'
        }))
    name = cfg['type']
    with pytest.raises(ValueError, match=f'^({name}: )?{key}'):
        builders[name](dict(cfg, **{key: value}))


@pytest.mark.parametrize('value', [-1, NAN, INF])
def test_a_threshold_of_persons(value):
    cfg = Config.fromfile(TINY)
    cfg.model.test_cfg.score_thr = value
    with pytest.raises(ValueError, match='test_cfg.score_thr'):
        MODELS.build(cfg.model)


@pytest.mark.parametrize('limits, value', [
    (dict(least=1), 1),
    (dict(above=1), 1.1),
    (dict(most=1), 1),
    (dict(whole=True), np.int64(3)),
    (dict(least=0), np.float32(.5)),
    (dict(), -5),
])
def test_numbers_of_a_range_pass(limits, value):
    check_number('a', value, **limits)


def test_what_a_refused_number_is_told():
    with pytest.raises(ValueError) as error:
        check_number('a', 3, above=4, most=5, whole=True)
    assert str(
        error.value) == 'a=3 must be a whole number above 4 and at most 5'
