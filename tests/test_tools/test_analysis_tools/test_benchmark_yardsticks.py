"""What the benchmark holds us against, and how it measures."""
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn as nn
from torch.utils.flop_counter import FlopCounterMode

TINY = (
    Path(__file__).resolve().parents[3] /
    'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py')
SHAPE = (128, 160)
CPU = torch.device('cpu')

# What a head of random weights sees


@pytest.mark.parametrize('name', [
    'ours', 'ours without flip', 'AE', 'CID', 'DEKR', 'HigherHRNet', 'RTMO-s'
])
def test_a_model_finds_the_people_it_is_shown(benchmark, name):
    torch.manual_seed(0)
    shape = (256, 256)
    cfg = benchmark.models.load_config(str(TINY), shape)
    if name.startswith('ours'):
        model = benchmark.models.build_ours(cfg, CPU, 'test')
        model.test_cfg.flip_test = name == 'ours'
    else:
        model = benchmark.models.build_peer(name, cfg, shape, CPU)
    shape = benchmark.models.input_shape(name, shape)
    people = benchmark.people.draw_apart(5, shape)
    benchmark.heads.show_people(model.head, people, shape)
    with torch.no_grad():
        for _ in range(2):  # views take turns, call after call
            found, = model.test_step(benchmark.people.test_batch(shape, 1))
    found = found.pred_instances
    assert len(found.keypoints) == len(people)
    if name == 'RTMO-s':  # whose poses come from its features, as of CID
        boxes = np.concatenate([people.min(axis=1), people.max(axis=1)], 1)
        distance = np.abs(found.bboxes[:, None] - boxes).max(axis=-1)
        assert (distance.min(axis=0) < 1).all()
    elif name != 'CID':
        distance = np.linalg.norm(found.keypoints[:, None] - people, axis=-1)
        assert (distance.mean(axis=-1).min(axis=0) < 4).all()


def test_rtmo_gets_the_input_that_is_published(benchmark):
    shape = benchmark.models.input_shape
    assert shape('RTMO-l', (512, 512)) == (640, 640)
    assert shape('RTMO-s', (128, 160)) == (160, 192)
    assert shape('HigherHRNet', (128, 160)) == (128, 160)


def test_all_images_of_a_batch_show_the_people(benchmark, cfg):
    model = benchmark.models.build_ours(cfg, CPU, 'test')
    benchmark.heads.show_people(model.head,
                                benchmark.people.draw_apart(4, SHAPE), SHAPE)
    with torch.no_grad():
        found = model.test_step(benchmark.people.test_batch(SHAPE, 3))
    assert [len(x.pred_instances.keypoints) for x in found] == [4] * 3


def test_people_stay_in_the_image(benchmark):
    for draw in (benchmark.people.draw_crowd, benchmark.people.draw_apart):
        people = draw(30, SHAPE)
        assert people.shape == (30, 17, 2)
        assert (people >= 0).all() and (people <= SHAPE[::-1]).all()


# Yardsticks


def test_the_dense_head_has_the_losses_of_the_sparse_one(benchmark, cfg):
    sparse, dense = (
        benchmark.training.TrainingStep(
            benchmark.models.Setting(cfg, CPU, SHAPE, 2, 1), 'fp32', **changes)
        for changes in ({}, dict(type='DensePINetHead')))
    weights = sparse.model.state_dict()
    name = 'head.displacement_layer.weight'
    # large enough that both branches of the smooth L1 loss are taken
    weights[name] = torch.randn_like(weights[name]) / 10
    for step in (sparse, dense):
        step.model.load_state_dict(weights)

    levels = [
        torch.randn(2, channels, SHAPE[0] // stride, SHAPE[1] // stride)
        for channels, stride in ((16, 4), (32, 8), (64, 16), (128, 32))
    ]
    samples = sparse.data['data_samples']
    given = sparse.model.head.loss(levels, samples)
    benchmark.dense_head.add_dense_targets(samples, 3)
    expected = dense.model.head.loss(levels, samples)
    assert given.keys() == expected.keys()
    assert given['loss/displacement'] > 0
    for key in given:
        torch.testing.assert_close(
            given[key], expected[key], rtol=1e-5, atol=0)


def test_bare_products_are_those_of_refinement(benchmark, cfg):
    """As many FLOPs as PyTorch counts in the module itself."""
    refinement = benchmark.models.build_ours(cfg, CPU, 'test').head.refinement
    products = benchmark.decode.matrix_products(refinement, 6, CPU)
    with torch.no_grad():
        with FlopCounterMode(display=False) as expected:
            refinement(torch.rand(17, 6, 240), torch.rand(6, 240))
        with FlopCounterMode(display=False) as given:
            benchmark.decode.multiply(products)
    assert given.get_total_flops() == expected.get_total_flops() > 0


def test_peak_memory_is_the_most_that_is_held_at_once(benchmark):
    held = torch.ones(1 << 20)  # held before: does not count

    def call():
        a = held + 1  # 4 MiB
        b = a[:1 << 19] + 1  # and 2 MiB
        del a
        return b + 1  # 4 MiB in all

    for _ in range(2):  # a call knows nothing of the last
        peak = benchmark.memory.peak_memory(call, CPU)
        assert peak == pytest.approx(6 << 20, rel=1e-3)


def test_medians_leave_the_warm_up_out(benchmark, monkeypatch):
    clock = [0.]
    monkeypatch.setattr(benchmark.timing, 'now', lambda device: clock[0])
    costs = {'a': [50, 40, 1, 9, 2], 'b': [7, 7, 3, 3, 5]}
    order = []

    def call(name):
        order.append(name)
        clock[0] += costs[name].pop(0)
        return benchmark.timing.Parts(half=clock[0]) if name == 'b' else None

    seconds = benchmark.timing.measure(
        {name: lambda name=name: call(name)
         for name in costs}, 3, CPU, 'test')
    assert (seconds['a'], seconds['b']) == (2, 3)
    assert seconds.keys() == {'a', 'b', 'b/half'}
    assert order == ['a', 'b'] * 5  # in turns


def test_a_stopwatch_splits_a_call(benchmark, monkeypatch):
    clock = [0.]
    monkeypatch.setattr(benchmark.timing, 'now', lambda device: clock[0])

    class Slow(nn.Module):

        def forward(self, seconds):
            clock[0] += seconds

    layer, stopwatch = Slow(), benchmark.timing.Stopwatch(CPU)
    stopwatch.watch('layer', layer)
    function = stopwatch.wrap('function', Slow().forward)

    def call():
        layer(2)
        function(3)
        layer(4)
        clock[0] += 5

    for _ in range(2):  # each call is counted by itself
        assert stopwatch.time(call) == dict(layer=6, function=3, rest=5)


def test_a_peer_leaves_the_config_that_lends_its_backbone(benchmark):
    cfg = benchmark.models.load_config(str(TINY), SHAPE)
    before = cfg.model.to_dict()
    benchmark.models.build_peer('HigherHRNet', cfg, SHAPE, CPU)
    assert cfg.model.to_dict() == before
