"""Refinement's norms as SyncBatchNorm: two processes, one of them empty.

PyTorch's SyncBatchNorm refuses tensors on a CPU. Its stand-in here takes the
statistics of all processes' rows through the same kind of collective, so that
what is tested is who enters it, with what, and what follows.
"""
import pytest
import torch
import torch.distributed as dist
import torch.nn as nn
import torch.nn.functional as F
from gloo import run_in
from mmengine.model.utils import convert_sync_batchnorm

from mmpose_pinet.models.layers import PoseRefinement
from mmpose_pinet.models.layers.graph_conv import norm_rows

C = 4
ROWS = [(3, 2), (5, 0), (1, 0), (0, 1), (1, 1), (0, 0)]  # of each process
WAYS = ['float32', 'autocast']


def gather_sync_norm(norm, rows):
    """Normalise by the rows of all processes, which all must take part."""
    entered = getattr(norm, 'entered', [])
    norm.entered = entered + [rows.dtype]
    sizes = [torch.zeros(1, dtype=torch.long) for _ in range(2)]
    dist.all_gather(sizes, torch.tensor([len(rows)]))
    padded = F.pad(rows.detach(), (0, 0, 0, 8 - len(rows)))
    every = [torch.empty_like(padded) for _ in range(2)]
    dist.all_gather(every, padded)
    every = torch.cat([x[:n] for x, n in zip(every, sizes)])
    mean, var = every.mean(0), every.var(0, unbiased=False)
    unbiased = every.var(0)
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(unbiased, norm.momentum)
    return (rows - mean) / (var + norm.eps).sqrt() * norm.weight + norm.bias


def draw_rows(rank, count):
    return torch.randn(
        count, C, generator=torch.Generator().manual_seed(10 * count + rank))


def run(rank):
    nn.SyncBatchNorm.forward = gather_sync_norm
    seen = []
    for way in WAYS:
        for counts in ROWS:
            norm = convert_sync_batchnorm(nn.BatchNorm1d(C), 'torch').train()
            rows = draw_rows(rank, counts[rank])
            if way == 'autocast':
                rows = rows.bfloat16()
            out = norm_rows(rows, norm)
            seen.append(
                dict(
                    out=out,
                    entered=getattr(norm, 'entered', []),
                    mean=norm.running_mean,
                    var=norm.running_var))
    # the whole module, with nobody to refine in one process and in both
    for poses in ((2, 0), (0, 0)):
        torch.manual_seed(0)
        module = PoseRefinement(C, 3, num_layers=1, skeleton=[(0, 1), (1, 2)])
        module = convert_sync_batchnorm(module, 'torch').train()
        out = module(torch.rand(3, poses[rank], C), torch.rand(poses[rank], C))
        out.sum().backward()
        seen.append(
            dict(
                out=out.shape,
                finite=all(x.isfinite().all()
                           for x in module.state_dict().values()),
                gradients=all(p.grad is not None
                              for p in module.parameters())))
    return seen


@pytest.fixture(scope='module')
def ranks(tmp_path_factory):
    """What both processes saw."""
    return run_in(2, run, tmp_path_factory.mktemp('sync'))


def cases(ranks):
    for number, way in enumerate(WAYS):
        for i, counts in enumerate(ROWS):
            yield way, counts, [seen[number * len(ROWS) + i] for seen in ranks]


def test_the_conversion_is_noticed():
    """MMEngine replaces the norms; the rule for few rows stays."""
    module = PoseRefinement(C, 3, num_layers=1, skeleton=[(0, 1)])
    converted = convert_sync_batchnorm(module, 'torch')
    kinds = {
        type(m)
        for m in converted.modules()
        if isinstance(m, nn.modules.batchnorm._BatchNorm)
    }
    assert kinds == {nn.SyncBatchNorm}
    # one process by itself, with nobody to refine
    out = converted.train()(torch.rand(3, 0, C), torch.rand(0, C))
    assert out.shape == (0, 3, 2)


def test_all_processes_enter_the_collective_or_none_does(ranks):
    """None decides by its own rows; together they must be two or more."""
    for _, counts, seen in cases(ranks):
        entered = [len(s['entered']) for s in seen]
        assert entered == [int(sum(counts) > 1)] * 2


def test_rows_are_normalised_with_those_of_the_other_process(ranks):
    for way, counts, seen in cases(ranks):
        rows = [draw_rows(rank, n) for rank, n in enumerate(counts)]
        if way == 'autocast':
            rows = [x.bfloat16().float() for x in rows]
        every = torch.cat(rows)
        mean, var = torch.zeros(C), torch.ones(C)
        if sum(counts) > 1:
            mean, var = every.mean(0), every.var(0, unbiased=False)
        for own, s in zip(rows, seen):
            torch.testing.assert_close(s['out'],
                                       (own - mean) / (var + 1e-5).sqrt())


def test_they_exchange_float32_under_autocast(ranks):
    """An empty process would say bfloat16, and the others float32."""
    for _, _, seen in cases(ranks):
        for s in seen:
            assert all(dtype == torch.float32 for dtype in s['entered'])


def test_statistics_stay_when_all_are_empty(ranks):
    for _, counts, seen in cases(ranks):
        for s in seen:
            moved = bool(s['mean'].any()) or bool((s['var'] != 1).any())
            assert moved == (sum(counts) > 1)
            assert s['mean'].isfinite().all() and s['var'].isfinite().all()


def test_refinement_works_with_nobody_to_refine(ranks):
    for rank, seen in enumerate(ranks):
        alone, nobody = seen[-2:]
        assert alone['out'] == ((2, 0)[rank], 3, 2)
        assert nobody['out'] == (0, 3, 2)
        assert alone['finite'] and nobody['finite']
        assert alone['gradients'] and nobody['gradients']
