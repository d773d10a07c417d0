"""Checkpoints of the authors' release, by their names and their numbers."""
import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F
from mmpose.structures import PoseDataSample
from official import heads

from mmpose_pinet.converters import (convert_for_model,
                                     convert_official_state_dict, is_official)
from mmpose_pinet.models import PINetHead

K, S, C, W, H = 5, 3, 8, 20, 16
SKELETON = [(0, 1), (1, 2), (2, 3), (3, 4)]
NUM_LAYERS = 2


def official_state_dict():
    return heads(K, S, C, NUM_LAYERS, std=0.3)


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
    'pr.adjacency', 'module.head.point_layer.weight'
])
def test_names_that_are_not_the_releases(name):
    bare = name.replace('module.', '')
    with pytest.raises(ValueError, match=f"'{bare}' is no name"):
        convert_official_state_dict({name: torch.zeros(1)})


@pytest.mark.parametrize('there, missing', [('heatmap', 'detkptmap'),
                                            ('detkptmap', 'heatmap')])
def test_half_of_the_point_maps(there, missing):
    """Both layers become one, which cannot be loaded by halves."""
    with pytest.raises(
            ValueError, match=rf'{there}_head\.weight.*{missing}_head'):
        convert_official_state_dict(
            {f'ppg.{there}_head.weight': torch.zeros(1, C, 1, 1)})


def test_names_inside_data_parallel():
    state = official_state_dict()
    parallel = {f'module.{name}': value for name, value in state.items()}
    assert is_official(state) and is_official(parallel)
    expected = convert_official_state_dict(state)
    found = convert_official_state_dict(parallel)
    assert list(found) == list(expected)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize('name', [
    'backbone.conv1.weight', 'head.point_layer.weight', 'head.ppg.weight',
    'prelu.weight', 'state_dict'
])
def test_models_that_are_not_the_releases(name):
    assert not is_official({name: torch.zeros(1)})


def model_state():
    return nn.ModuleDict(dict(head=build_head())).state_dict()


def test_a_model_of_the_sizes_of_the_release():
    """Old files have no counts of batches, which change nothing."""
    state = {
        name: value
        for name, value in official_state_dict().items()
        if not name.endswith('num_batches_tracked')
    }
    expected = model_state()
    converted = convert_for_model(state, expected)
    assert converted.keys() == expected.keys()


@pytest.mark.parametrize('sizes, config', [
    ((17, 3, 480, 3), "'pinet_hrnet-w32_ochuman' fits"),
    ((14, 3, 480, 3), "'pinet_hrnet-w32_crowdpose' fits"),
    ((17, 3, 480, 2), "'pinet_hrnet-w32_coco' fits"),
    ((17, 3, 720, 3), 'no config of this package'),
])
def test_a_model_of_other_sizes_is_told_what_would_fit(sizes, config):
    with pytest.raises(ValueError, match=config) as raised:
        convert_for_model(heads(*sizes), model_state())
    rows = 2 * sizes[0] * sizes[1], sizes[2]
    assert (f'head.displacement_layer.weight {rows} in the file, '
            f'({2 * K * S}, {C}) in the model') in str(raised.value)


def test_blocks_too_few_and_too_many():
    expected = model_state()
    fewer, more = (heads(K, S, C, n) for n in (NUM_LAYERS - 1, NUM_LAYERS + 1))
    name = 'head.refinement.blocks.1.conv1.linear.weight'
    with pytest.raises(ValueError, match=f'12 .* are missing: {name}'):
        convert_for_model(fewer, expected)
    name = name.replace('1', '2', 1)
    with pytest.raises(ValueError, match=f'14 .* no place .*: {name}'):
        convert_for_model(more, expected)
