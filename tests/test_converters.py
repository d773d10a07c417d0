"""Checkpoints of the authors' release, by their names and their numbers."""
import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F
from mmpose.structures import PoseDataSample

from mmpose_pinet.converters import convert_official_state_dict
from mmpose_pinet.models import PINetHead

K, S, C, W, H = 5, 3, 8, 20, 16
SKELETON = [(0, 1), (1, 2), (2, 3), (3, 4)]
NUM_LAYERS = 2


def batch_norm(name):
    return {
        f'{name}.weight': torch.rand(C) + 0.5,
        f'{name}.bias': torch.randn(C),
        f'{name}.running_mean': torch.randn(C),
        f'{name}.running_var': torch.rand(C) + 0.5,
        f'{name}.num_batches_tracked': torch.tensor(7)
    }


def conv(name, *shape):
    return {
        f'{name}.weight': torch.randn(shape) / 3,
        f'{name}.bias': torch.randn(shape[0])
    }


def graph_conv(name):
    return {
        f'{name}.conv.weight': torch.randn(C, C) / 3,
        f'{name}.conv.bias': torch.randn(C),
        **batch_norm(f'{name}.bn')
    }


def official_state_dict():
    """Random weights under the release's names and in its shapes."""
    torch.manual_seed(0)
    state = {
        **conv('ppg.heatmap_head', K, C, 1, 1),
        **conv('ppg.detkptmap_head', S, C, 1, 1),
        **conv('ppg.offset_head', S * K * 2, C, 1, 1), 'pr.adj':
        torch.randn(K, K) / 3,
        **graph_conv('pr.gconv_head')
    }
    for i in range(NUM_LAYERS):
        state.update(graph_conv(f'pr.gconv_layers.{i}.gconv1'))
        state.update(graph_conv(f'pr.gconv_layers.{i}.gconv2'))
    return {
        **state,
        **conv('pr.gconv_pred.0', C, 3 * C, 1),
        **batch_norm('pr.gconv_pred.1'),
        **conv('pr.gconv_pred.3', 2 * K, C, 1)
    }


def build_head():
    return PINetHead(
        in_channels=C,
        num_keypoints=K,
        decoder=dict(
            type='PartSPR',
            input_size=(4 * W, 4 * H),
            heatmap_size=(W, H),
            parts=[[0], [1, 2], [3, 4]],
            decode_max_instances=W * H),
        refinement=dict(
            type='PoseRefinement', num_layers=NUM_LAYERS,
            skeleton=SKELETON)).eval()


# --- the release's network, as described ------------------------------------


def release_refine(state, keypoint_features, part_feature):
    """What the release subtracts from a pose: (K, C), (C, ) to (K, 2)."""

    def normalise(x, name):
        mean, var = (state[f'{name}.running_{s}'] for s in ('mean', 'var'))
        x = (x - mean) / (var + 1e-5).sqrt()
        return F.relu(x * state[f'{name}.weight'] + state[f'{name}.bias'])

    def convolve(x, name):
        x = state['pr.adj'] @ (x @ state[f'{name}.conv.weight'])
        return normalise(x + state[f'{name}.conv.bias'], f'{name}.bn')

    x = convolve(keypoint_features, 'pr.gconv_head')
    for i in range(NUM_LAYERS):
        name = f'pr.gconv_layers.{i}.gconv'
        x = x + convolve(convolve(x, f'{name}1'), f'{name}2')
    x = torch.cat([x.mean(0), x.amax(0), part_feature])[None, :, None]
    x = F.conv1d(x, state['pr.gconv_pred.0.weight'],
                 state['pr.gconv_pred.0.bias'])[0, :, 0]
    x = normalise(x, 'pr.gconv_pred.1')[None, :, None]
    return F.conv1d(x, state['pr.gconv_pred.3.weight'],
                    state['pr.gconv_pred.3.bias']).view(K, 2)


def release_poses(state, features):
    """Refined poses (t, K, 2) in cells; displacement = position - joint."""

    def layer(name):
        return F.conv2d(features[None], state[f'ppg.{name}.weight'],
                        state[f'ppg.{name}.bias'])[0]

    part_maps = layer('detkptmap_head')
    offsets = layer('offset_head')
    poses = []
    for s, part_map in enumerate(part_maps):
        highest = F.max_pool2d(part_map[None], 3, 1, 1)[0]
        peaks = ((part_map == highest) & (part_map > 0.01)).nonzero().tolist()
        for y, x in peaks:
            pose = torch.stack([
                torch.stack([
                    x - offsets[(s * K + k) * 2, y, x],
                    y - offsets[(s * K + k) * 2 + 1, y, x]
                ]) for k in range(K)
            ])
            grid = pose / torch.tensor([(W - 1) / 2, (H - 1) / 2]) - 1
            near = F.grid_sample(
                features[None], grid[None, None], align_corners=False)
            poses.append(pose -
                         release_refine(state, near[0, :, 0].T, features[:, y,
                                                                         x]))
    return torch.stack(poses)


# --- the tests --------------------------------------------------------------


def test_every_weight_finds_its_place():
    """Names, shapes and number, strictly; of the backbone as well."""
    model = nn.ModuleDict(dict(backbone=nn.Conv2d(3, C, 1), head=build_head()))
    state = official_state_dict()
    state.update({
        f'backbone.{name}': value + 1
        for name, value in model.backbone.state_dict().items()
    })
    model.load_state_dict(convert_official_state_dict(state), strict=True)
    torch.testing.assert_close(model.backbone.weight.data,
                               state['backbone.weight'])


def test_poses_and_maps_of_the_release():
    """The same numbers, though displacements point the other way."""
    state = official_state_dict()
    head = nn.ModuleDict(dict(head=build_head()))
    head.load_state_dict(convert_official_state_dict(state), strict=True)
    head = head.head
    features = torch.randn(C, H, W)

    maps = head((features[None], ))[0]
    for channels, name in [(maps[:K], 'heatmap_head'),
                           (maps[K:], 'detkptmap_head')]:
        expected = F.conv2d(features[None], state[f'ppg.{name}.weight'],
                            state[f'ppg.{name}.bias'])[0]
        torch.testing.assert_close(channels, expected)

    persons, = head.predict((features[None], ), [PoseDataSample()])
    poses, expected = (
        x[x[:, 0, 0].argsort()] for x in (torch.from_numpy(persons.keypoints),
                                          release_poses(state, features) * 4))
    assert len(expected) > 20
    torch.testing.assert_close(poses, expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize('prefix, target, count', [
    ('ppg.', 'head.', 4),
    ('pr.', 'head.refinement.', 1 + 7 * 5 + 9),
    ('ppg.offset_head.', 'head.displacement_layer.', 2),
])
def test_part_of_a_model(prefix, target, count):
    state = {
        name: value
        for name, value in official_state_dict().items()
        if name.startswith(prefix)
    }
    converted = convert_official_state_dict(state)
    assert len(converted) == count
    assert all(name.startswith(target) for name in converted)
    expected = nn.ModuleDict(dict(head=build_head())).state_dict()
    for name, value in converted.items():
        assert value.shape == expected[name].shape, name
        assert value.is_contiguous()


def test_nothing_in_nothing_out():
    assert convert_official_state_dict({}) == {}


def test_input_is_left_as_it_is():
    """A converted weight may be changed without changing the checkpoint."""
    state = official_state_dict()
    before = {name: value.clone() for name, value in state.items()}
    for value in convert_official_state_dict(state).values():
        value.zero_()
    for name, value in state.items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize('name', [
    'head.point_layer.weight', 'ppg.offset_heads.weight', 'pr.gconv.weight',
    'pr.adjacency', 'module.backbone.conv1.weight'
])
def test_names_that_are_not_the_releases(name):
    with pytest.raises(ValueError, match=f"'{name}' is no name"):
        convert_official_state_dict({name: torch.zeros(1)})


@pytest.mark.parametrize('there, missing', [('heatmap', 'detkptmap'),
                                            ('detkptmap', 'heatmap')])
def test_half_of_the_point_maps(there, missing):
    """Both layers become one, which cannot be loaded by halves."""
    with pytest.raises(
            ValueError, match=rf'{there}_head\.weight.*{missing}_head'):
        convert_official_state_dict(
            {f'ppg.{there}_head.weight': torch.zeros(1, C, 1, 1)})
