"""Graph convolutions against the formulae, keypoint by keypoint."""
import pytest
import torch
import torch.distributed as dist
import torch.nn as nn

from mmpose_pinet.models.layers.graph_conv import (GraphConv,
                                                   ResidualGraphConv,
                                                   count_rows, norm_rows,
                                                   normalized_adjacency)


@pytest.fixture(autouse=True)
def double():
    torch.set_default_dtype(torch.double)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float)


def with_statistics(module):
    """Batch norms with statistics and factors unlike 0 and 1."""
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm1d):
            for value in (norm.running_mean, norm.weight.data, norm.bias.data):
                nn.init.normal_(value)
            nn.init.uniform_(norm.running_var, 0.5, 2)
    return module


def graph_conv_by_loop(conv, features, adjacency):
    """(K, t, C) in evaluation: G @ (X @ W) + b, BatchNorm, ReLU."""
    norm, (weight, bias) = conv.norm, conv.linear.parameters()
    out = torch.zeros(*features.shape[:2], len(bias))
    for t in range(features.shape[1]):
        transformed = [x @ weight.T for x in features[:, t]]
        for i, row in enumerate(adjacency):
            x = bias + sum(g * y for g, y in zip(row, transformed))
            x = (x - norm.running_mean) / (norm.running_var + norm.eps)**0.5
            out[i, t] = (x * norm.weight + norm.bias).clamp(min=0)
    return out


def test_adjacency_of_a_chain():
    """0 - 1 - 2: degrees with the loop to itself are 2, 3, 2."""
    expected = torch.tensor([[1 / 2, 6**-.5, 0], [6**-.5, 1 / 3, 6**-.5],
                             [0, 6**-.5, 1 / 2]])
    torch.testing.assert_close(
        normalized_adjacency([(0, 1), (2, 1)], 3), expected)


def test_adjacency_without_bones():
    torch.testing.assert_close(normalized_adjacency([], 3), torch.eye(3))


def test_graph_conv_as_by_loop():
    conv = with_statistics(GraphConv(4, 6)).eval()
    features, adjacency = torch.randn(5, 3, 4), torch.randn(5, 5)
    torch.testing.assert_close(
        conv(features, adjacency), graph_conv_by_loop(conv, features,
                                                      adjacency))


def test_residual_block_as_by_loop():
    block = with_statistics(ResidualGraphConv(4)).eval()
    features, adjacency = torch.randn(5, 3, 4), torch.randn(5, 5)
    before = features.clone()
    hidden = graph_conv_by_loop(block.conv1, features, adjacency)
    hidden = graph_conv_by_loop(block.conv2, hidden, adjacency)
    torch.testing.assert_close(block(features, adjacency), before + hidden)
    assert (features == before).all()


def test_training_normalises_over_keypoints_and_poses():
    conv = with_statistics(GraphConv(4, 6)).train()
    features, adjacency = torch.randn(5, 3, 4), torch.randn(5, 5)
    rows = torch.einsum('ij,jtc->itc', adjacency, features) \
        @ conv.linear.weight.T + conv.linear.bias
    rows = rows.flatten(0, 1)
    deviation = (rows.var(0, unbiased=False) + conv.norm.eps).sqrt()
    rows = (rows - rows.mean(0)) / deviation
    expected = (rows * conv.norm.weight + conv.norm.bias).relu()
    torch.testing.assert_close(
        conv(features, adjacency), expected.view(5, 3, 6))


@pytest.mark.parametrize('count', [0, 1])
def test_rows_without_variance_take_the_running_statistics(count):
    """Every parameter still takes part, as DDP demands."""
    norm = with_statistics(nn.BatchNorm1d(4, eps=0.1)).train()
    mean, var = norm.running_mean.clone(), norm.running_var.clone()
    rows = torch.randn(count, 4, requires_grad=True)
    out = norm_rows(rows, norm)
    torch.testing.assert_close(
        out, (rows - mean) / (var + norm.eps).sqrt() * norm.weight + norm.bias)
    out.sum().backward()
    assert all(x.grad is not None for x in (norm.weight, norm.bias, rows))
    assert (norm.running_mean == mean).all()
    assert (norm.running_var == var).all()


def test_two_rows_are_normalised_by_themselves():
    norm = nn.BatchNorm1d(3).train()
    out = norm_rows(torch.tensor([[1., 0, 5], [3, 0, 1]]), norm)
    expected = torch.tensor([[-1., 0, 1], [1, 0, -1]])
    torch.testing.assert_close(out, expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(norm.running_mean, torch.tensor([.2, 0, .3]))


def test_rows_of_half_precision_are_taken_in_the_norms():
    rows = torch.randn(5, 4).bfloat16()
    norm = with_statistics(nn.BatchNorm1d(4))
    for count in 1, 5:
        torch.testing.assert_close(
            norm_rows(rows[:count], norm),
            norm_rows(rows[:count].double(), norm))


def test_rows_are_counted_with_and_without_other_processes():
    """Which only a synchronised norm asks."""
    norms, rows = [nn.BatchNorm1d(4), nn.SyncBatchNorm(4)], torch.zeros(3, 4)
    assert [count_rows(rows, norm) for norm in norms] == [3, 3]
    dist.init_process_group(
        'gloo', store=dist.HashStore(), rank=0, world_size=1)
    try:
        assert [count_rows(rows, norm) for norm in norms] == [3, 3]
    finally:
        dist.destroy_process_group()


def test_a_synchronised_norm_counts_the_rows_of_its_processes(monkeypatch):
    """So that one row here and one elsewhere are normalised together."""
    norm = nn.SyncBatchNorm(4, process_group='those').train()
    norm.forward = lambda rows: 'together'
    asked = []

    def all_reduce(count, group=None):
        asked.append(group)
        count += 1

    monkeypatch.setattr(dist, 'is_initialized', lambda: True)
    monkeypatch.setattr(dist, 'all_reduce', all_reduce)
    assert norm_rows(torch.zeros(1, 4), norm) == 'together'
    assert asked == ['those']


def test_weights_start_as_the_release_has_them():
    """Uniform within 1.414 * sqrt(6 / (in + out)), biases at 0."""
    conv = GraphConv(300, 200)
    limit = 1.414 * (6 / 500)**0.5
    weight = conv.linear.weight
    assert 0.99 * limit < weight.abs().max() <= limit
    torch.testing.assert_close(
        weight.std(), torch.tensor(limit / 3**0.5), rtol=0.02, atol=0)
    assert not conv.linear.bias.any()
