"""The benchmark's structure and its yardsticks, not its times."""
import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn as nn
from mmengine.registry import DefaultScope
from torch.utils.flop_counter import FlopCounterMode

ROOT = Path(__file__).resolve().parents[3]
TINY = ROOT / 'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'
SHAPE = (128, 160)
CPU = torch.device('cpu')
PEERS = ('AE', 'CID')


@pytest.fixture(scope='module')
def tool():
    """The modules of the tool; ``main`` is the command."""
    names = ('decode', 'dense_head', 'heads', 'memory', 'models', 'people',
             'table', 'timing', 'training')
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / 'tools/analysis_tools'))
        with DefaultScope.overwrite_default_scope('mmpose'):
            yield SimpleNamespace(
                command=importlib.import_module('benchmark'),
                **{
                    name: importlib.import_module(f'benchmark_{name}')
                    for name in names
                })


@pytest.fixture(scope='module')
def cfg(tool):
    return tool.models.load_config(str(TINY), SHAPE)


def run(tool, *arguments):
    """The command, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sys, 'argv',
            ['benchmark.py', '--config',
             str(TINY), *map(str, arguments)])
        tool.command.main()


# What is printed and written


@pytest.fixture(scope='module')
def report(tool, tmp_path_factory):
    path = tmp_path_factory.mktemp('benchmark') / 'new' / 'benchmark.json'
    run(tool, '--shape', *SHAPE, '--batch', 2, '--repeats', 1, '--out', path)
    return json.loads(path.read_text())


def test_a_run_says_what_it_ran_on(report):
    assert (report['shape'], report['batch']) == (list(SHAPE), 2)
    environment = report['environment']
    assert environment.keys() >= {'device', 'torch', 'mmpose'}
    assert environment['threads'] == 1


def test_each_section_has_its_rows(report):
    works = {}
    for row in report['rows']:
        works.setdefault(row['section'], []).append(row['work'])
    assert list(works) == ['targets', 'decode', 'image', 'batch', 'training']
    assert len(works['targets']) == 6
    assert works['decode'][0] == 'head, 90 candidates, flip'
    assert len(works['batch']) == 4  # one by one, and in pairs
    assert works['training'][0] == 'step, 2 images of 8, fp32'
    peers = [
        row['peer'] for row in report['rows'] if row['section'] == 'image'
    ]
    assert {*PEERS, "release's passes"} <= set(peers)
    assert set(peers) <= {*PEERS, "release's passes", 'DEKR'}


def test_ratios_are_theirs_over_ours(report):
    compared = 0
    for row in report['rows']:
        if row['peer'] is None:
            assert row['theirs'] is row['ratio'] is None
            continue
        assert row['ours'] > 0 and row['theirs'] > 0
        assert row['ratio'] == pytest.approx(row['theirs'] / row['ours'])
        compared += 1
    assert compared >= 6 + 1 + 3 * len(PEERS) + 1 + 3


def test_parts_make_up_the_whole(report):
    values = {
        row['work'].strip(): row['ours']
        for row in report['rows'] if row['section'] == 'decode'
    }
    whole, refinement, points, rest, fusion = values.values()
    # of one run, the median is the run
    assert refinement + points + rest == pytest.approx(whole, rel=.05)
    assert fusion < rest


def test_the_size_of_targets_is_that_of_their_arrays(tool, cfg, report):
    """Ours: heatmaps and weights of K+S maps, and rows. SPR's: the same of
    K+1 maps, and 2K maps of displacements and of weights."""
    (height, width), keypoints, parts = np.array(SHAPE) // 4, 17, 3
    first = next(row for row in report['rows'] if row['unit'] == 'byte')
    assert first['theirs'] == 4 * height * width * 2 * (
        keypoints + 1 + 2 * keypoints)
    rows = first['ours'] - 4 * height * width * 2 * (keypoints + parts)
    # of 2 persons and 16 cells a part: two int64 and K * 3 floats
    assert 0 < rows <= 2 * parts * 16 * (2 * 8 + 3 * keypoints * 4)


def test_the_table_fits_a_terminal(tool, report):
    rows = []
    for row in report['rows']:
        row.pop('ratio')
        rows.append(tool.table.Row(**row))
    long = tool.table.Row('image', 'x' * 99, 's', 123.4, 'y' * 99, 99999.,
                          '<= 99999 ms')
    lines = tool.table.format_table([*rows, long]).splitlines()
    assert max(map(len, lines)) <= 100
    assert len(lines) == len(rows) + 1 + 2 * 6  # six titles


@pytest.mark.parametrize('value, unit, text', [
    (1.234, 's', '1.23 s'),
    (.0123, 's', '12.3 ms'),
    (4.56e-6, 's', '4.56 us'),
    (2.64e6, 'byte', '2.64 MB'),
    (.154, 'share', '15.4 %'),
    (None, 's', '-'),
])
def test_values_have_three_digits(tool, value, unit, text):
    assert tool.table.format_value(value, unit) == text


# What is asked for


def test_one_section_alone(tool, tmp_path, capsys):
    run(tool, '--shape', *SHAPE, '--repeats', 1, '--only', 'targets', '--out',
        tmp_path / 'b.json')
    rows = json.loads((tmp_path / 'b.json').read_text())['rows']
    assert {row['section'] for row in rows} == {'targets'}
    printed = capsys.readouterr().out
    assert 'encode 30 persons' in printed
    # narrow but for the name of a config that lies deep
    assert all(len(line) <= 100 for line in printed.splitlines()[2:])


@pytest.mark.parametrize('arguments, message', [
    (['--only', 'everything'], "choose from 'targets', 'decode', 'image'"),
    (['--shape', 100, 100], 'in steps of 32'),
    (['--repeats', 0], 'start at 1'),
    (['--amp', 'fp16'], 'take bf16'),
])
def test_bad_arguments_are_refused(tool, capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        run(tool, *arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('changes, message', [
    ("model = dict(head=dict(refinement=None))", 'head.refinement is None'),
    ("model = dict(head=dict(num_keypoints=14))", 'HRNet and 14'),
    ("model = dict(head=dict(_delete_=True, type='HeatmapHead'))",
     'HeatmapHead, but only PINetHead'),
])
def test_configs_that_are_no_whole_pinet_are_refused(tool, tmp_path, changes,
                                                     message):
    config = tmp_path / 'other.py'
    config.write_text(f"_base_ = '{TINY}'\n{changes}\n")
    with pytest.raises(ValueError, match=message):
        tool.models.load_config(str(config), SHAPE)


def test_autocast_adds_rows(tool, cfg, monkeypatch):
    monkeypatch.setattr(tool.training, 'measure',
                        lambda calls, *_: dict.fromkeys(calls, 1.))
    monkeypatch.setattr(tool.training, 'peak_memory', lambda *_: 1)
    setting = tool.models.Setting(cfg, CPU, SHAPE, 1, 1, ('bf16', ))
    rows = [row.work for row in tool.training.run(setting)]
    assert len(rows) == 8 and 'fp32' in rows[0] and 'bf16' in rows[4]


def test_a_step_in_bf16_changes_the_weights(tool, cfg):
    step = tool.training.TrainingStep(
        tool.models.Setting(cfg, CPU, SHAPE, 1, 1), 'bf16')
    layer, types = step.model.head.point_layer, []
    layer.register_forward_hook(
        lambda _, levels, out: types.append(levels[0][-1].dtype))
    before = layer.weight.clone()
    step()
    assert types == [torch.bfloat16]
    assert not torch.equal(layer.weight, before)


# What a head of random weights sees


class PlainConv(nn.Conv2d):
    """A deformable convolution that does not deform."""

    def __init__(self, *args, deform_groups, **kwargs):
        super().__init__(*args, **kwargs)

    def forward(self, x, offset):
        return super().forward(x)


@pytest.mark.parametrize('name', ['ours', 'AE', 'CID', 'DEKR'])
def test_a_model_finds_the_people_it_is_shown(tool, cfg, monkeypatch, name):
    monkeypatch.setattr(
        'mmpose.models.heads.hybrid_heads.dekr_head.DeformConv2d', PlainConv)
    torch.manual_seed(0)
    shape = (256, 256)
    cfg = tool.models.load_config(str(TINY), shape)
    if name == 'ours':
        model = tool.models.build_ours(cfg, CPU, 'test')
    else:
        model = tool.models.build_peer(name, cfg, shape, CPU)
    people = tool.people.draw_apart(5, shape)
    tool.heads.show_people(model.head, people, shape)
    with torch.no_grad():
        for _ in range(2):  # views take turns, call after call
            found, = model.test_step(tool.people.test_batch(shape, 1))
    keypoints = found.pred_instances.keypoints
    assert len(keypoints) == len(people)
    if name != 'CID':  # whose poses come from its features, which are noise
        distance = np.linalg.norm(keypoints[:, None] - people, axis=-1)
        assert (distance.mean(axis=-1).min(axis=0) < 4).all()


def test_all_images_of_a_batch_show_the_people(tool, cfg):
    model = tool.models.build_ours(cfg, CPU, 'test')
    tool.heads.show_people(model.head, tool.people.draw_apart(4, SHAPE), SHAPE)
    with torch.no_grad():
        found = model.test_step(tool.people.test_batch(SHAPE, 3))
    assert [len(x.pred_instances.keypoints) for x in found] == [4] * 3


def test_people_stay_in_the_image(tool):
    for draw in (tool.people.draw_crowd, tool.people.draw_apart):
        people = draw(30, SHAPE)
        assert people.shape == (30, 17, 2)
        assert (people >= 0).all() and (people <= SHAPE[::-1]).all()


# Yardsticks


def test_the_dense_head_has_the_losses_of_the_sparse_one(tool, cfg):
    sparse, dense = (
        tool.training.TrainingStep(
            tool.models.Setting(cfg, CPU, SHAPE, 2, 1), 'fp32', **changes)
        for changes in ({}, dict(type='DensePINetHead')))
    weights = sparse.model.state_dict()
    name = 'head.displacement_layer.weight'
    # large enough that both branches of the smooth L1 loss are taken
    weights[name] = torch.randn_like(weights[name]) / 10
    sparse.model.load_state_dict(weights)
    weights[name] = weights[name][..., None, None]
    dense.model.load_state_dict(weights)

    features = torch.randn(2, 240, SHAPE[0] // 4, SHAPE[1] // 4)
    samples = sparse.data['data_samples']
    given = sparse.model.head.loss((features, ), samples)
    tool.dense_head.add_dense_targets(samples, 3)
    expected = dense.model.head.loss((features, ), samples)
    assert given.keys() == expected.keys()
    assert given['loss/displacement'] > 0
    for key in given:
        torch.testing.assert_close(
            given[key], expected[key], rtol=1e-5, atol=0)


def test_bare_products_are_those_of_refinement(tool, cfg):
    """As many FLOPs as PyTorch counts in the module itself."""
    refinement = tool.models.build_ours(cfg, CPU, 'test').head.refinement
    products = tool.decode.matrix_products(refinement, 6, CPU)
    with torch.no_grad():
        with FlopCounterMode(display=False) as expected:
            refinement(torch.rand(17, 6, 240), torch.rand(6, 240))
        with FlopCounterMode(display=False) as given:
            tool.decode.multiply(products)
    assert given.get_total_flops() == expected.get_total_flops() > 0


def test_peak_memory_is_the_most_that_is_held_at_once(tool):
    held = torch.ones(1 << 20)  # held before: does not count

    def call():
        a = held + 1  # 4 MiB
        b = a[:1 << 19] + 1  # and 2 MiB
        del a
        return b + 1  # 4 MiB in all

    for _ in range(2):  # a call knows nothing of the last
        peak = tool.memory.peak_memory(call, CPU)
        assert peak == pytest.approx(6 << 20, rel=1e-3)


def test_medians_leave_the_warm_up_out(tool, monkeypatch):
    clock = [0.]
    monkeypatch.setattr(tool.timing, 'now', lambda device: clock[0])
    costs = {'a': [50, 40, 1, 9, 2], 'b': [7, 7, 3, 3, 5]}
    order = []

    def call(name):
        order.append(name)
        clock[0] += costs[name].pop(0)
        return tool.timing.Parts(half=clock[0]) if name == 'b' else None

    seconds = tool.timing.measure(
        {name: lambda name=name: call(name)
         for name in costs}, 3, CPU, 'test')
    assert (seconds['a'], seconds['b']) == (2, 3)
    assert seconds.keys() == {'a', 'b', 'b/half'}
    assert order == ['a', 'b'] * 5  # in turns


def test_a_stopwatch_splits_a_call(tool, monkeypatch):
    clock = [0.]
    monkeypatch.setattr(tool.timing, 'now', lambda device: clock[0])

    class Slow(nn.Module):

        def forward(self, seconds):
            clock[0] += seconds

    layer, stopwatch = Slow(), tool.timing.Stopwatch(CPU)
    stopwatch.watch('layer', layer)
    function = stopwatch.wrap('function', Slow().forward)

    def call():
        layer(2)
        function(3)
        layer(4)
        clock[0] += 5

    for _ in range(2):  # each call is counted by itself
        assert stopwatch.time(call) == dict(layer=6, function=3, rest=5)
