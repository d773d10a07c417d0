"""What the benchmark prints and what it takes, not its times."""
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
TINY = ROOT / 'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'
SHAPE = (128, 160)
CPU = torch.device('cpu')
PEERS = ('AE', 'CID', 'DEKR', 'HigherHRNet', 'RTMO-s', 'RTMO-l')


def run(benchmark, *arguments):
    """The command, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sys, 'argv',
            ['benchmark.py', '--config',
             str(TINY), *map(str, arguments)])
        benchmark.command.main()


# What is printed and written


@pytest.fixture(scope='module')
def report(benchmark, tmp_path_factory):
    path = tmp_path_factory.mktemp('benchmark') / 'new' / 'benchmark.json'
    run(benchmark, '--shape', *SHAPE, '--batch', 2, '--repeats', 1, '--out',
        path)
    return json.loads(path.read_text())


def test_a_run_says_what_it_ran_on(report):
    assert (report['shape'], report['batch']) == (list(SHAPE), 2)
    environment = report['environment']
    assert environment.keys() >= {'device', 'load', 'torch', 'mmpose'}
    assert environment['threads'] == 1


def test_each_section_has_its_rows(report):
    works = {}
    for row in report['rows']:
        works.setdefault(row['section'], []).append(row['work'])
    assert list(works) == [
        'targets', 'decode', 'image', 'pictures', 'training'
    ]
    assert len(works['targets']) == 6
    assert works['decode'][0] == 'head, 90 candidates, flip'
    assert [work.split(':')[0].strip()
            for work in works['decode'][1:4]] == ['PPG', 'PR', 'PF']
    assert works['pictures'] == [
        '8 files, batch_size=1', '8 files, batch_size=8'
    ]
    assert works['training'][0] == 'step, 2 images of 8, fp32'
    views = {
        row['peer']: row['work'].split(', ')[1]
        for row in report['rows'] if row['section'] == 'image'
        and row['work'].startswith('one image of 8 persons, ')
    }
    assert views.keys() == {*PEERS, "release's passes", 'PINet+'}
    # RTMO's head has no flip test
    assert {peer
            for peer, view in views.items()
            if view == 'no flip'} == {'RTMO-s', 'RTMO-l'}


def test_ratios_are_theirs_over_ours(report):
    compared = 0
    for row in report['rows']:
        if row['peer'] is None:
            assert row['theirs'] is row['ratio'] is None
            continue
        assert row['ours'] > 0 and row['theirs'] > 0
        assert row['ratio'] == pytest.approx(row['theirs'] / row['ours'])
        compared += 1
    assert compared >= 6 + 1 + 1 + 3 * len(PEERS) + 2 + 3


def test_parts_make_up_the_whole(report):
    values = {
        row['work'].strip(): row['ours']
        for row in report['rows'] if row['section'] == 'decode'
    }
    whole, *parts = values.values()
    # of one run, the median is the run
    assert sum(parts) == pytest.approx(whole, rel=.05)
    assert min(parts) > 0


def test_the_size_of_targets_is_that_of_their_arrays(benchmark, cfg, report):
    """Ours: heatmaps and weights of K+S maps, and rows. SPR's: the same of
    K+1 maps, and 2K maps of displacements and of weights."""
    (height, width), keypoints, parts = np.array(SHAPE) // 4, 17, 3
    first = next(row for row in report['rows'] if row['unit'] == 'byte')
    assert first['theirs'] == 4 * height * width * 2 * (
        keypoints + 1 + 2 * keypoints)
    rows = first['ours'] - 4 * height * width * 2 * (keypoints + parts)
    # of 2 persons and 16 cells a part: two int64 and K * 3 floats
    assert 0 < rows <= 2 * parts * 16 * (2 * 8 + 3 * keypoints * 4)


def test_the_table_fits_a_terminal(benchmark, report):
    rows = []
    for row in report['rows']:
        row.pop('ratio')
        rows.append(benchmark.table.Row(**row))
    long = benchmark.table.Row('image', 'x' * 99, 's', 123.4, 'y' * 99, 99999.)
    lines = benchmark.table.format_table([*rows, long]).splitlines()
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
def test_values_have_three_digits(benchmark, value, unit, text):
    assert benchmark.table.format_value(value, unit) == text


# What is asked for


def test_one_section_alone(benchmark, tmp_path, capsys):
    run(benchmark, '--shape', *SHAPE, '--repeats', 1, '--only', 'targets',
        '--out', tmp_path / 'b.json')
    rows = json.loads((tmp_path / 'b.json').read_text())['rows']
    assert {row['section'] for row in rows} == {'targets'}
    printed = capsys.readouterr().out
    assert 'encode 30 persons' in printed
    # narrow but for the name of a config that lies deep
    assert all(len(line) <= 100 for line in printed.splitlines()[2:])


@pytest.mark.parametrize('arguments, message', [
    (['--only', 'everything'], "choose from 'targets', 'decode', 'image'"),
    (['--shape', 100, 100], 'in steps of 32'),
    (['--repeats', 0], '--repeats: 0 must be 1 or more'),
    (['--amp', 'fp16'], 'take bf16'),
])
def test_bad_arguments_are_refused(benchmark, capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        run(benchmark, *arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('changes, message', [
    ("model = dict(head=dict(refinement=None))", 'head.refinement is None'),
    ("model = dict(head=dict(decoder=dict(skeleton='crowdpose')))",
     'HRNet and 14'),
    ("model = dict(head=dict(_delete_=True, type='HeatmapHead'))",
     'HeatmapHead, but only PINetHead'),
])
def test_configs_that_are_no_whole_pinet_are_refused(benchmark, tmp_path,
                                                     changes, message):
    config = tmp_path / 'other.py'
    config.write_text(f"_base_ = '{TINY}'\n{changes}\n")
    with pytest.raises(ValueError, match=message):
        benchmark.models.load_config(str(config), SHAPE)


def test_autocast_adds_rows(benchmark, cfg, monkeypatch):
    monkeypatch.setattr(benchmark.training, 'measure',
                        lambda calls, *_: dict.fromkeys(calls, 1.))
    monkeypatch.setattr(benchmark.training, 'peak_memory', lambda *_: 1)
    setting = benchmark.models.Setting(cfg, CPU, SHAPE, 1, 1, ('bf16', ))
    rows = [row.work for row in benchmark.training.run(setting)]
    assert len(rows) == 8 and 'fp32' in rows[0] and 'bf16' in rows[4]


def test_a_step_in_bf16_changes_the_weights(benchmark, cfg):
    step = benchmark.training.TrainingStep(
        benchmark.models.Setting(cfg, CPU, SHAPE, 1, 1), 'bf16')
    layer, types = step.model.backbone.conv1, []
    layer.register_forward_hook(lambda *args: types.append(args[-1].dtype))
    weight = step.model.head.point_layer.weight
    before = weight.clone()
    step()
    assert types == [torch.bfloat16]
    assert not torch.equal(weight, before)
