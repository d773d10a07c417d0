"""Heatmaps and tags, at one resolution or two: losses, and persons."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.structures import MultilevelPixelData, PoseDataSample

K, C = 3, 8
WIDTH, HEIGHT = 128, 96  # px
FLIP = [0, 2, 1]


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


def codec(stride):
    return dict(
        type='HigherAssociativeEmbedding',
        input_size=(WIDTH, HEIGHT),
        heatmap_size=(WIDTH // stride, HEIGHT // stride),
        sigma=2,
        decode_keypoint_order=list(range(K)),
        decode_max_instances=30)


def build(head, **kwargs):
    torch.manual_seed(0)
    head = MODELS.build(
        dict(type=head, in_channels=C, num_keypoints=K, **kwargs))
    for parameter in head.parameters():  # so that values are far from zero
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.1)
    return head


# the strides of their levels
STRIDES = dict(AEHead=[4], HigherHRNetHead=[4, 2])


@pytest.fixture(params=STRIDES)
def strides(request):
    return STRIDES[request.param]


@pytest.fixture
def head(strides):
    name, = (name for name in STRIDES if STRIDES[name] == strides)
    return build(name, decoder=codec(1))


def sample(persons, strides):
    """Targets of persons (N, K, 2) in input px, under a mask."""
    encoded = [
        KEYPOINT_CODECS.build(codec(stride)).encode(persons)
        for stride in strides
    ]
    fields = MultilevelPixelData()
    fields.heatmaps = [torch.from_numpy(e['heatmaps']) for e in encoded]
    masks = [torch.ones(1, *e['heatmaps'].shape[1:]).bool() for e in encoded]
    for mask in masks:
        mask[..., :5] = False
    fields.heatmap_mask = masks
    labels = InstanceData(
        keypoint_indices=torch.from_numpy(
            np.stack([e['keypoint_indices'] for e in encoded])))
    result = PoseDataSample(
        metainfo=dict(input_size=(WIDTH, HEIGHT), flip_indices=FLIP))
    result.gt_fields, result.gt_instance_labels = fields, labels
    return result


# Three persons, one of them alone, and nobody
CROWD = np.random.default_rng(0).uniform(10, 86, (3, K, 2)).astype(np.float32)
PICTURES = [CROWD, CROWD[:1], CROWD[:0]]


def features(count=len(PICTURES)):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, C, HEIGHT // 4, WIDTH // 4, generator=generator),


def test_weights_start_as_init_cfg_says():
    start = dict(type='Constant', layer='Conv2d', val=.5, bias=.25)
    head = build('AEHead', init_cfg=start)
    head.init_weights()
    for parameter, value in zip(head.final_layer.parameters(), (.5, .25)):
        assert (parameter == value).all()


# --- maps -------------------------------------------------------------------


def test_it_reads_the_last_feature_map(head):
    feats = features()
    torch.testing.assert_close(
        head((torch.zeros(3, 2, 1, 1), *feats)), head(feats))


def test_one_level_is_mmposes():
    """The same maps of the same weights."""
    config = dict(in_channels=C, num_keypoints=K)
    stock = MODELS.build(
        dict(
            type='AssociativeEmbeddingHead',
            deconv_out_channels=None,
            **config))
    head = build('AEHead')
    stock.load_state_dict(head.state_dict())
    torch.testing.assert_close(head(features()), stock(features()))


def test_maps_are_in_float32_under_autocast(head):
    """Where many neighbouring cells would be equal."""
    with torch.autocast('cpu', torch.bfloat16):
        heatmaps, tags = head.predict_maps(features())
    for maps in (*heatmaps, tags):
        assert maps.dtype == torch.float32
        assert len(maps.unique()) > 0.9 * maps.numel()


def test_maps_of_another_size_than_the_inputs_are_not_decoded():
    with pytest.raises(ValueError, match=r'\(32, 24\).*set it to \(128, 96\)'):
        build('AEHead', decoder=codec(4))


# --- loss -------------------------------------------------------------------


def losses_by_loop(maps, samples):
    heatmaps, tags = maps
    expected = {}
    for level, predicted in enumerate(heatmaps):
        predicted = predicted.detach().numpy()
        total = 0.
        for one, truth in zip(predicted, samples):
            target = truth.gt_fields.heatmaps[level].numpy()
            mask = truth.gt_fields.heatmap_mask[level].numpy()[0]
            for k in range(K):
                for y, x in zip(*mask.nonzero()):
                    total += (one[k, y, x] - target[k, y, x])**2
        name = ('loss/heatmap', 'loss/fine_heatmap')[level]
        expected[name] = total / predicted.size

    pull = push = 0.
    for one, truth in zip(tags.detach().numpy(), samples):
        means = []
        pulls = []
        for person in truth.gt_instance_labels.keypoint_indices[0].tolist():
            own = [
                one[k].flat[index]
                for k, (index, labelled) in enumerate(person) if labelled
            ]
            means.append(np.mean(own))
            pulls.append(np.mean((np.array(own) - means[-1])**2))
        count = len(means)
        if count:
            pull += np.mean(pulls)
        if count > 1:
            # each person against itself as well: a constant
            push += 0.5 * sum(
                np.exp(-(a - b)**2) for a in means for b in means) / (
                    count * (count - 1))
    expected['loss/pull'] = 0.001 * pull / len(samples)
    expected['loss/push'] = 0.001 * push / len(samples)
    return expected


def test_loss_is_that_of_the_paper(head, strides):
    head.eval()  # two passes, the same norms
    samples = [sample(persons, strides) for persons in PICTURES]
    losses = head.loss(features(), samples)
    expected = losses_by_loop(head.predict_maps(features()), samples)
    assert set(losses) == set(expected)
    for name, loss in losses.items():
        assert expected[name] > 0
        assert loss.item() == pytest.approx(expected[name], rel=1e-4), name


def test_losses_weigh_what_they_are_told_to():
    samples = [sample(CROWD, [4])]
    heavier = dict(
        keypoint_loss=dict(type='KeypointMSELoss', loss_weight=2.),
        tag_loss=dict(type='AssociativeEmbeddingLoss', loss_weight=.003))
    usual, heavy = (
        build('AEHead', **losses).loss(features(1), samples)
        for losses in ({}, heavier))
    factors = {'loss/heatmap': 2, 'loss/pull': 3, 'loss/push': 3}
    assert usual.keys() == factors.keys()
    for name, factor in factors.items():
        torch.testing.assert_close(heavy[name], factor * usual[name])


def test_every_weight_learns_where_nobody_is(head, strides):
    """Unused ones would stop a training on several GPUs."""
    losses = head.loss(features(2), [sample(CROWD[:0], strides)] * 2)
    sum(losses.values()).backward()
    assert all(p.grad is not None for p in head.parameters())


# --- persons ----------------------------------------------------------------


def perfect_maps(persons, strides):
    """What a perfect network says of persons (N, K, 2): heatmaps of each
    level, and a tag of its own around each person's keypoints."""
    heatmaps = [
        torch.from_numpy(
            KEYPOINT_CODECS.build(codec(stride)).encode(persons)['heatmaps'])
        for stride in strides
    ]
    tags = torch.full_like(heatmaps[0], -9)
    for tag, person in enumerate(persons):
        for k, (x, y) in enumerate((person / 4).astype(int)):
            tags[k, max(y - 2, 0):y + 3, max(x - 2, 0):x + 3] = 3. * tag
    return [maps[None] for maps in heatmaps], tags[None]


# apart by more than their tags' windows, keypoint by keypoint
APART = np.array([
    [[20.3, 15.8], [40.1, 30.6], [12.2, 70.9]],
    [[70.7, 18.2], [85.9, 60.4], [50.5, 80.1]],
    [[115.2, 50.5], [125.6, 4.3], [100.8, 90.2]],
], np.float32)


@pytest.mark.parametrize('flip_test', [False, True])
def test_drawn_persons_come_back(head, strides, monkeypatch, flip_test):
    mirrored = APART[:, FLIP] * (-1, 1) + (WIDTH - 1, 0)
    views = dict(plain=APART, mirror=mirrored.astype(np.float32))
    monkeypatch.setattr(head, 'predict_maps',
                        lambda view: perfect_maps(views[view], strides))
    feats = ['plain', 'mirror'] if flip_test else 'plain'
    (person, ), (field, ) = head.predict(
        feats, [sample(APART, strides)],
        dict(flip_test=flip_test, output_heatmaps=True))
    assert field.heatmaps.shape == (K, HEIGHT, WIDTH)
    assert field.tags.shape == (K * (1 + flip_test), HEIGHT, WIDTH)
    order = np.argsort(person.keypoints[:, 0, 0])
    # half a cell and an adjustment by a quarter px; the cells of a mirror
    # image lie a px beside those of the image
    error = np.abs(person.keypoints[order] - APART)
    assert error.max() < strides[-1] / 2 + 0.25 + flip_test
    assert person.keypoint_scores.min() > 0.8
    np.testing.assert_allclose(person.bbox_scores,
                               person.keypoint_scores.mean(1), 1e-5)


def test_maps_are_given_where_they_are_asked_for(head, strides):
    persons = head.predict(features(1), [sample(CROWD, strides)])
    assert [type(found) for found in persons] == [InstanceData]


def test_mirrored_views_name_the_left_keypoints_right(head, strides):
    """By hand, for one feature map and its mirror image."""
    head.eval()
    feats = features(1)
    mirror = feats[0].flip(-1),
    _, (field, ) = head.predict([feats, mirror], [sample(CROWD, strides)],
                                dict(flip_test=True, output_heatmaps=True))
    heatmaps, tags = head(feats)
    other_heatmaps, other_tags = (m[:, FLIP].flip(-1) for m in head(mirror))
    size = dict(size=(HEIGHT, WIDTH), mode='bilinear')
    torch.testing.assert_close(
        field.heatmaps,
        F.interpolate((heatmaps + other_heatmaps) / 2, **size)[0])
    torch.testing.assert_close(
        field.tags,
        F.interpolate(torch.cat([tags, other_tags], dim=1), **size)[0])


def test_scales_share_heatmaps_but_not_tags(head, strides):
    head.eval()
    feats = features(1)
    small = F.avg_pool2d(feats[0], 2),
    _, (field, ) = head.predict([feats, small], [sample(CROWD, strides)],
                                dict(
                                    multiscale_test=True,
                                    output_heatmaps=True))
    size = dict(size=(HEIGHT, WIDTH), mode='bilinear')
    maps, small_maps = (
        F.interpolate(head(f)[0], **size) for f in (feats, small))
    torch.testing.assert_close(field.heatmaps, (maps + small_maps)[0] / 2)
    torch.testing.assert_close(field.tags,
                               F.interpolate(head(feats)[1], **size)[0])
