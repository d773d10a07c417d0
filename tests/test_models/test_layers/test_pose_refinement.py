"""The refinement network against its description, pose by pose."""
import pytest
import torch
import torch.nn as nn
from mmpose.registry import MODELS

from mmpose_pinet.models.layers import PoseRefinement
from mmpose_pinet.models.layers.graph_conv import normalized_adjacency

CHAIN = [(0, 1), (1, 2)]


def build(**kwargs):
    """K = 3, C = 4, with weights and statistics of all kinds."""
    torch.manual_seed(0)
    args = dict(in_channels=4, num_keypoints=3, num_layers=2, skeleton=CHAIN)
    refinement = PoseRefinement(**{**args, **kwargs}).double()
    for value in refinement.state_dict().values():
        if value.is_floating_point() and value.dim() == 1:
            nn.init.uniform_(value, 0.5, 1.5)
    return refinement


def normalise(x, norm):
    """Batch normalisation in evaluation, then ReLU."""
    x = (x - norm.running_mean) / (norm.running_var + norm.eps).sqrt()
    return (x * norm.weight + norm.bias).clamp(min=0)


def correct_one(refinement, keypoint_features, part_feature):
    """The correction (K, 2) of one pose from (K, C) and (C, )."""
    adjacency = refinement.adjacency

    def convolve(x, conv):
        x = adjacency @ (x @ conv.linear.weight.T) + conv.linear.bias
        return normalise(x, conv.norm)

    x = convolve(keypoint_features, refinement.stem)
    for block in refinement.blocks:
        x = x + convolve(convolve(x, block.conv1), block.conv2)
    pooled = torch.cat([x.mean(0), x.max(0).values, part_feature])
    fuse, predict = refinement.fuse, refinement.predict
    hidden = normalise(fuse.weight @ pooled + fuse.bias, refinement.norm)
    return (predict.weight @ hidden + predict.bias).view(-1, 2)


@pytest.mark.parametrize('num_layers', [0, 1, 3])
@pytest.mark.parametrize('graph', ['dynamic', 'static', 'none'])
def test_as_pose_by_pose(num_layers, graph):
    refinement = build(num_layers=num_layers, graph=graph).eval()
    if graph == 'dynamic':
        nn.init.normal_(refinement.adjacency)
    keypoint_features = torch.randn(3, 5, 4, dtype=torch.double)
    part_features = torch.randn(5, 4, dtype=torch.double)
    expected = torch.stack([
        correct_one(refinement, keypoint_features[:, t], part_features[t])
        for t in range(5)
    ])
    torch.testing.assert_close(
        refinement(keypoint_features, part_features), expected)


def test_dynamic_graph_starts_as_the_skeleton_and_is_learned():
    refinement = build(graph='dynamic')
    chain = normalized_adjacency(CHAIN, 3).double()
    torch.testing.assert_close(refinement.adjacency.data, chain)
    refinement(torch.randn(3, 5, 4).double(),
               torch.randn(5, 4).double()).square().sum().backward()
    assert refinement.adjacency.grad.abs().min() > 0


@pytest.mark.parametrize('graph', ['static', 'none'])
def test_fixed_graphs_are_no_parameters(graph):
    """But they travel with the checkpoint."""
    refinement = build(graph=graph)
    assert 'adjacency' not in dict(refinement.named_parameters())
    expected = torch.eye(3) if graph == 'none' else normalized_adjacency(
        CHAIN, 3)
    torch.testing.assert_close(refinement.state_dict()['adjacency'],
                               expected.double())


def test_weights_start_as_init_cfg_says():
    refinement = build(
        init_cfg=dict(type='Constant', layer='Linear', val=.5, bias=.25))
    refinement.init_weights()
    for linear in refinement.fuse, refinement.stem.linear:
        assert (linear.weight == .5).all() and (linear.bias == .25).all()


@pytest.mark.parametrize('count', [0, 1, 2])
def test_few_poses_in_training(count):
    """Finite, and every parameter takes part."""
    refinement = build().train()
    corrections = refinement(
        torch.randn(3, count, 4).double(),
        torch.randn(count, 4).double())
    assert corrections.shape == (count, 3, 2)
    assert corrections.isfinite().all()
    corrections.sum().backward()
    for name, parameter in refinement.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_built_by_name():
    for skeleton, num_keypoints in [('coco', 17), ('crowdpose', 14)]:
        refinement = MODELS.build(
            dict(
                type='PoseRefinement',
                in_channels=4,
                num_keypoints=num_keypoints,
                skeleton=skeleton))
        assert refinement.adjacency.shape == (num_keypoints, num_keypoints)
        assert len(refinement.blocks) == 3


def test_it_is_of_coco_s_people_unless_told():
    joints = PoseRefinement(4, 17).adjacency > 0
    nose, left_eye, left_ankle = 0, 1, 15
    assert joints[nose, left_eye] and not joints[nose, left_ankle]


@pytest.mark.parametrize('wrong, message', [
    (dict(graph='gcn'), "graph='gcn'.*'dynamic'.*'static'.*'none'"),
    (dict(skeleton='body25'), "skeleton='body25'"),
    (dict(skeleton='coco'), "skeleton='coco' has 17.*num_keypoints=3"),
    (dict(skeleton=[(0, 3)]), r'\(0, 3\)'),
])
def test_wrong_config(wrong, message):
    with pytest.raises(ValueError, match=message):
        build(**wrong)
