"""Replays give what the function would give, whatever has changed."""
import pickle
from copy import deepcopy

import pytest
import torch
import torch.nn as nn
from tape import Recorder

import mmpose_pinet.models.cuda_graphs as cuda_graphs
from mmpose_pinet.models.cuda_graphs import CudaGraphs, can_replay

needs_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason='no GPU is here')


@pytest.fixture(autouse=True)
def no_gpu_to_wait_for(monkeypatch):
    if not torch.cuda.is_available():
        monkeypatch.setattr(torch.cuda, 'synchronize', lambda: None)


def build_layers():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)).eval()


class Calls:
    """Layers, called through recordings."""

    def __init__(self, layers, **kwargs):
        self.layers = layers
        self.recorder = Recorder()
        self.graphs = CudaGraphs(self.recorder, **kwargs)

    @torch.no_grad()
    def __call__(self, x, *settings):
        layers = self.layers
        out, = self.graphs(lambda: lambda x: (layers(x), ), [layers], [x],
                           *settings)
        torch.testing.assert_close(out, layers(x))
        return out


ROWS = torch.arange(12.).view(3, 4)


def test_a_form_is_recorded_when_it_comes_again():
    calls = Calls(build_layers())
    counts = []
    for factor in range(4):
        calls(ROWS * factor)
        counts.append(calls.recorder.count)
    assert counts == [0, 1, 1, 1]


@pytest.mark.parametrize('other', [ROWS[:2], ROWS.T.contiguous().T])
def test_each_form_has_its_own_recording(other):
    calls = Calls(build_layers())
    for _ in range(2):
        calls(ROWS)
        calls(other)
    assert calls.recorder.count == 2


def test_settings_and_types_of_autocast_have_their_own(monkeypatch):
    calls = Calls(build_layers())
    for setting in 'a', 'b':
        for _ in range(2):
            calls(ROWS, setting)
    assert calls.recorder.count == 2
    monkeypatch.setattr(cuda_graphs, 'autocast_type', lambda: torch.half)
    for _ in range(2):
        calls(ROWS, 'a')
    assert calls.recorder.count == 3


def write(layers):
    layers[0].weight.data.copy_(layers[0].weight.data * 2)


def write_a_statistic(layers):
    layers[1].running_mean += 1


def load(layers):
    state = {name: value + 1 for name, value in layers.state_dict().items()}
    layers.load_state_dict(state)


@pytest.mark.parametrize('change', [write, write_a_statistic, load])
def test_what_is_written_is_seen_by_the_same_recording(change):
    calls = Calls(build_layers())
    before = [calls(ROWS) for _ in range(3)][-1]
    change(calls.layers)
    assert not torch.allclose(calls(ROWS), before)
    assert calls.recorder.count == 1


def move(layers):
    layers[0].weight.data = layers[0].weight.data * 2


def turn(layers):
    """The same memory, read another way."""
    layers[0].weight.data = layers[0].weight.data.T


def replace(layers):
    layers[0].weight = nn.Parameter(layers[0].weight * 2)


def replace_a_layer(layers):
    layers[0] = nn.Linear(4, 4)


def add_a_layer(layers):
    layers.append(nn.ReLU())


def train(layers):
    layers[1].train()


def be_another(layers):
    """As a model's part that is exchanged: the caller hands over another."""
    return nn.Sequential(nn.Linear(4, 4), nn.Tanh()).eval()


@pytest.mark.parametrize(
    'change',
    [move, turn, replace, replace_a_layer, add_a_layer, train, be_another])
def test_what_is_elsewhere_is_recorded_anew(change):
    calls = Calls(build_layers())
    before = [calls(ROWS) for _ in range(3)][-1]
    calls.layers = change(calls.layers) or calls.layers
    for _ in range(3):
        if change is train:
            # each call moves the statistics
            calls.layers[1].load_state_dict(build_layers()[1].state_dict())
            calls.layers[1].momentum = 0.
        assert not torch.allclose(calls(ROWS), before)
    assert calls.recorder.count == 2


def test_those_used_last_are_kept():
    calls = Calls(build_layers(), limit=2)
    for rows in 1, 1, 2, 2, 1, 3, 3:
        calls(ROWS[:rows])
    assert calls.recorder.count == 3
    calls(ROWS[:1])
    assert calls.recorder.count == 3
    calls(ROWS[:2])
    calls(ROWS[:2])
    assert calls.recorder.count == 4


@pytest.mark.parametrize('copy',
                         [deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_start_empty(copy):
    calls = Calls(build_layers())
    for _ in range(2):
        calls(ROWS)
    assert not copy(calls.graphs)._replays


class OnGpu:
    is_cuda = True


@pytest.mark.parametrize('tensor, training, grad, test_cfg, expected', [
    (OnGpu, False, False, dict(cuda_graphs=True), True),
    (OnGpu, False, False, dict(cuda_graphs=False), False),
    (OnGpu, False, False, dict(), False),
    (OnGpu, True, False, dict(cuda_graphs=True), False),
    (OnGpu, False, True, dict(cuda_graphs=True), False),
    (torch.zeros(1), False, False, dict(cuda_graphs=True), False),
])
def test_who_replays(tensor, training, grad, test_cfg, expected):
    module = nn.Linear(1, 1).train(training)
    with torch.set_grad_enabled(grad):
        assert can_replay(module, test_cfg, tensor) is expected


# --- on a GPU ---------------------------------------------------------------


@needs_gpu
@torch.no_grad()
def test_recordings_share_memory_and_no_results():
    layers = build_layers().cuda()
    graphs = CudaGraphs()

    def call(x):
        out, = graphs(lambda: lambda x: (layers(x), ), [layers], [x])
        return out

    inputs = [torch.rand(n, 4, device='cuda') for n in (5, 900, 3, 900)]
    expected = [layers(x) for x in inputs]
    for _ in range(3):
        for one, other in zip([call(x) for x in inputs], expected):
            torch.testing.assert_close(one, other)


@needs_gpu
@torch.no_grad()
def test_weights_that_autocast_keeps_are_not_recorded():
    layers = nn.Linear(64, 64, bias=False).cuda()
    graphs = CudaGraphs()
    x = torch.rand(8, 64, device='cuda')
    with torch.autocast('cuda', torch.bfloat16):
        for _ in range(3):
            graphs(lambda: lambda x: (layers(x), ), [layers], [x])
    layers.weight.mul_(2)
    with torch.autocast('cuda', torch.bfloat16):
        out, = graphs(lambda: lambda x: (layers(x), ), [layers], [x])
        torch.testing.assert_close(out, layers(x))


@needs_gpu
@torch.no_grad()
def test_what_waits_is_told():
    graphs = CudaGraphs()
    layers = nn.Linear(4, 4).cuda()
    x = torch.rand(3, 4, device='cuda')

    def wait(x):
        return layers(x)[x.sum().item() > 0:],

    graphs(lambda: wait, [layers], [x])
    with pytest.raises(RuntimeError, match='test_cfg.cuda_graphs=False'):
        graphs(lambda: wait, [layers], [x])
