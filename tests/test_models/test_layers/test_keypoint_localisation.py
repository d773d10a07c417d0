"""Keypoints that are looked for, against one window at a time."""
import pytest
import torch
import torch.nn as nn
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpose.registry import MODELS

from mmpose_pinet.models.layers import FeaturePyramid, KeypointLocalisation

K, C, W, H = 3, 4, 12, 9


def build(radius=2, **kwargs):
    """With weights of all kinds."""
    torch.manual_seed(0)
    layer = KeypointLocalisation(C, K, channels=5, radius=radius, **kwargs)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.5)
    nn.init.uniform_(layer.nearness, 0, 0.5)
    return layer.double()


def draw_map(num_images=2):
    torch.manual_seed(1)
    return torch.randn(num_images, C, H, W, dtype=torch.double)


def column(feature_map, x, y):
    """What is at (x, y): bilinear, zero beyond the map."""
    total = torch.zeros(C, dtype=torch.double)
    for i in range(W):
        for j in range(H):
            share = max(0, 1 - abs(x - i)) * max(0, 1 - abs(y - j))
            total += share * feature_map[:, j, i]
    return total


def look_for(layer, feature_map, k, keypoint, part_feature):
    """Where one keypoint (x, y) moves to."""
    x, y = keypoint
    size = layer.key.out_features
    part_rows = slice(k * size, (k + 1) * size)
    query = layer.query(column(feature_map, x, y)) + (
        layer.part_query.weight[part_rows] @ part_feature +
        layer.part_query.bias[part_rows])
    cells, logits = [], []
    radius = int(layer.reach)
    steps = [(dx, dy) for dy in range(-radius, radius + 1)
             for dx in range(-radius, radius + 1)]
    for n, (dx, dy) in enumerate(steps):
        i, j = round(x) + dx, round(y) + dy
        if 0 <= i < W and 0 <= j < H:
            likeness = layer.key(feature_map[:, j, i]) @ query
            cells.append((i, j))
            logits.append(likeness + layer.offset_bias[k, n] -
                          layer.nearness[k] * ((i - x)**2 + (j - y)**2))
    if not cells:
        return torch.tensor(keypoint, dtype=torch.double)
    shares = torch.stack(logits).softmax(0)
    return (shares[:, None] * torch.tensor(cells)).sum(0)


def draw_poses(count, low=-4, high=4):
    """On the map and around it."""
    torch.manual_seed(2)
    size = torch.tensor([W + high - low, H + high - low])
    return torch.rand(count, K, 2, dtype=torch.double) * size + low


@torch.no_grad()
@pytest.mark.parametrize('radius', [1, 2, 4])
def test_as_window_by_window(radius):
    layer, maps, poses = build(radius), draw_map(), draw_poses(6)
    poses[0, 0] = torch.tensor([-30., 5])  # no cell of its window is there
    poses[1, 1] = torch.tensor([1e6, -1e6])
    images = torch.tensor([0, 1, 1, 0, 1, 0])
    part_features = torch.randn(6, C, dtype=torch.double)
    found = layer(FeaturePyramid([maps]), images, poses, part_features)
    for t in range(6):
        for k in range(K):
            expected = look_for(layer, maps[images[t]], k,
                                poses[t, k].tolist(), part_features[t])
            torch.testing.assert_close(found[t, k], expected)


@torch.no_grad()
def test_levels_count_as_one_map():
    """Those of other sizes are read as if resized and concatenated."""
    layer = build()
    fine, coarse = draw_map()[:, :1], torch.randn(2, C - 1, 5, 6).double()
    resized = nn.functional.interpolate(coarse, (H, W), mode='bilinear')
    args = torch.tensor([0, 1]), draw_poses(2), torch.randn(2, C).double()
    torch.testing.assert_close(
        layer(FeaturePyramid([fine, coarse]), *args),
        layer(FeaturePyramid([torch.cat([fine, resized], 1)]), *args))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**16))
def test_a_keypoint_stays_within_its_window(seed):
    """Whatever the network says, and on the map."""
    layer = build()
    torch.manual_seed(seed)
    poses = torch.rand(4, K, 2, dtype=torch.double) * torch.tensor([W, H]) - .5
    with torch.no_grad():
        found = layer(
            FeaturePyramid([draw_map(1) * 100]),
            torch.zeros(4, dtype=torch.long), poses,
            torch.randn(4, C).double() * 100)
    assert ((found - poses).abs() <= layer.reach).all()
    assert (found >= 0).all()
    assert (found <= torch.tensor([W - 1, H - 1])).all()


def test_it_starts_near_where_keypoints_are():
    """Of features that say nothing the middle is the mean."""
    layer = KeypointLocalisation(C, K).double()
    poses = torch.tensor([[[5., 4.], [6.3, 4.8], [5.5, 4.5]]]).double()
    maps = torch.zeros(1, C, H, W).double()
    found = layer(
        FeaturePyramid([maps]), torch.tensor([0]), poses,
        torch.zeros(1, C).double())
    assert (found - poses).abs().max() < 0.1


def test_it_starts_as_a_gaussian_of_two_cells():
    """And asks for next to nothing: the query's weights are small."""
    torch.manual_seed(0)
    layer = KeypointLocalisation(64, K)
    for linear in layer.query, layer.part_query:
        assert linear.weight.std().item() == pytest.approx(0.01, rel=0.1)
        assert not linear.bias.any()
    d = torch.arange(-4., 5) - 0.25  # of a keypoint between two cells
    weights = torch.exp(-d.square() / (2 * 2**2))
    expected = 6.25 + (d * weights).sum() / weights.sum()
    pyramid = FeaturePyramid([torch.zeros(1, 64, 16, 16)])
    found = layer(pyramid, torch.tensor([0]), torch.full((1, K, 2), 6.25),
                  torch.zeros(1, 64)).detach()
    torch.testing.assert_close(found, expected.expand_as(found))


@pytest.mark.parametrize('far', [-1e30, 1e30])
def test_a_keypoint_far_outside_stays_where_it_is(far):
    """Farther than a whole number can tell."""
    poses = torch.full((1, K, 2), far)
    pyramid = FeaturePyramid([torch.zeros(1, C, H, W)])
    found = KeypointLocalisation(C, K)(pyramid, torch.tensor([0]), poses,
                                       torch.zeros(1, C))
    assert torch.equal(found, poses)


def test_weights_start_as_init_cfg_says():
    start = dict(type='Constant', layer='Linear', val=.5, bias=.25)
    layer = KeypointLocalisation(C, K, init_cfg=start)
    layer.init_weights()
    for linear in layer.key, layer.query, layer.part_query:
        assert (linear.weight == .5).all() and (linear.bias == .25).all()


def test_it_learns_whose_keypoint_it_is():
    """Two keypoints of one kind in one window, told apart by the person."""
    torch.manual_seed(0)
    layer = KeypointLocalisation(C, 1, channels=4)
    maps = torch.zeros(1, C, H, W)
    left, right = torch.tensor([3., 4.]), torch.tensor([7., 4.])
    maps[0, 0, 4, 3] = maps[0, 1, 4, 7] = 1
    poses = torch.tensor([[[5., 4.]], [[5., 4.]]])
    of_person = torch.eye(2, C)  # its part looks like its keypoint
    truth = torch.stack([left, right])[:, None]
    optimizer = torch.optim.Adam(layer.parameters(), 0.05)
    for _ in range(200):
        found = layer(
            FeaturePyramid([maps]), torch.tensor([0, 0]), poses, of_person)
        optimizer.zero_grad()
        (found - truth).square().sum().backward()
        optimizer.step()
    assert (found - truth).abs().max() < 0.2


@pytest.mark.parametrize('count', [0, 1, 2])
def test_few_poses_in_training(count):
    """Every parameter takes part, and poses and maps are told nothing."""
    layer = build()
    poses = draw_poses(count).requires_grad_()
    found = layer(
        FeaturePyramid([draw_map()]), torch.ones(count, dtype=torch.long),
        poses,
        torch.randn(count, C).double())
    assert found.shape == (count, K, 2)
    found.sum().backward()
    assert poses.grad is None
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_gradients_are_those_of_what_is_computed():
    layer, maps = build(1), draw_map(1)
    poses, part_features = draw_poses(2, 0, 0), torch.randn(2, C).double()

    def run(maps, part_features, *parameters):
        names = [name for name, _ in layer.named_parameters()]
        return torch.func.functional_call(layer, dict(zip(
            names, parameters)), (FeaturePyramid([maps]), torch.tensor(
                [0, 0]), poses, part_features))

    inputs = (maps, part_features,
              *[p.detach().clone() for p in layer.parameters()])
    assert torch.autograd.gradcheck(run, [x.requires_grad_() for x in inputs])


def test_its_numbers_under_autocast():
    """Coordinates stay float32: bfloat16 has quarters of a cell."""
    layer = build().float()
    args = (FeaturePyramid([draw_map().float()]), torch.tensor([0, 1]),
            draw_poses(2).float(), torch.randn(2, C))
    with torch.no_grad():
        expected = layer(*args)
        with torch.autocast('cpu', torch.bfloat16):
            found = layer(*args)
    assert found.dtype == torch.float32
    assert (found - expected).abs().max() < 0.3


def test_built_by_name_as_configs_do():
    layer = MODELS.build(
        dict(type='KeypointLocalisation', in_channels=C, num_keypoints=K))
    assert layer.reach == 4.5 and len(layer.window) == 81
    assert layer.key.out_features == 32
    assert set(layer.state_dict()) == {
        f'{name}.{what}'
        for name in ('key', 'query', 'part_query')
        for what in ('weight', 'bias')
    } | {'nearness', 'offset_bias'}


@pytest.mark.parametrize('wrong, message', [
    (dict(radius=0), '^KeypointLocalisation: radius=0'),
    (dict(radius=1.5), 'radius.*1.5'),
    (dict(channels=0), '^KeypointLocalisation: channels=0'),
    (dict(channels='32'), "channels.*'32'"),
])
def test_wrong_config(wrong, message):
    with pytest.raises(ValueError, match=message):
        KeypointLocalisation(C, K, **wrong)
