"""What the benchmark says of exported files, not their times."""
import importlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.nn as nn

pytest.importorskip('onnxruntime')
pytest.importorskip('openvino')

CPU = torch.device('cpu')


@pytest.fixture(scope='module')
def deploy(benchmark):
    return importlib.import_module('benchmarks.deploy')


@pytest.fixture(scope='module')
def products(benchmark):
    return importlib.import_module('benchmarks.products')


@pytest.fixture(scope='module')
def report(benchmark, cfg, deploy):
    """Rows, calls and starts of a run where each call is made once and its
    number is its time, on a machine without bf16."""
    calls, codes = [], []

    def measure(todo, *_):
        calls.extend(name for name in todo if todo[name]() is not todo)
        return {name: 1. + i for i, name in enumerate(todo)}

    def open_model(*args, precision='fp32', **kwargs):
        if precision == 'bf16':
            raise ValueError('this CPU has no instructions for it')
        return PINet(*args, precision=precision, **kwargs)

    PINet = deploy.PINet
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deploy, 'measure', measure)
        patch.setattr(deploy, 'PINet', open_model)
        patch.setattr(deploy.subprocess, 'run',
                      lambda command, **_: codes.append(command[-1]))
        rows = deploy.run(benchmark.models.Setting(cfg, CPU, (128, 128), 1, 1))
    return rows, calls, codes


@pytest.mark.slow
def test_each_way_is_measured_against_the_torch_path(report):
    rows = report[0]
    files = {row.work: row.ours for row in rows if row.unit == 'byte'}
    assert files['file, int8'] < 0.7 * files['file, fp32']
    times = [row for row in rows if row.unit == 's']
    names = [
        'torch fp32', 'ONNX Runtime fp32', 'ONNX Runtime int8',
        'OpenVINO fp32', 'OpenVINO int8'
    ]
    one = [row for row in times if row.work.startswith('1 picture, 1 thread')]
    assert [row.work.split(': ')[1] for row in one] == names
    assert [row.peer for row in one] == [None] + ['torch fp32'] * 4
    assert {row.theirs for row in one[1:]} == {one[0].ours}
    # starts, and 1 and 8 pictures on 1 and 2 threads, each with every way
    assert len(times) == 5 * len(names) + 2 * len(['fp32', 'int8'])


@pytest.mark.slow
def test_limits_are_those_of_the_precisions_that_ran(report):
    limits = [row.work for row in report[0] if 'limit' in row.work]
    assert limits == [
        '  limit: bare product, fp32', '  limit: bare product, int8'
    ] * 2


@pytest.mark.slow
def test_exported_files_start_without_torch(report):
    torch_start, *others = report[2]
    assert 'sys.modules' not in torch_start and len(others) == 4
    assert all("torch=None" in code for code in others)


def test_without_torch_means_without_torch(deploy):
    """The package does not import it then, nor anything on top of it."""
    code = (
        deploy.WITHOUT_TORCH + 'import mmpose_pinet.apis; '
        'print([m for m in ("torch", "mmpose", "mmengine") '
        'if sys.modules.get(m)])')
    run = subprocess.run([sys.executable, '-c', code],
                         capture_output=True,
                         text=True,
                         env=dict(os.environ))
    assert run.stdout.strip() == '[]', run.stderr


def test_what_cannot_run_is_named(benchmark, deploy, monkeypatch, capsys):

    def refuse(*args, precision, **kwargs):
        raise ImportError(f'no engine for {precision}')

    monkeypatch.setattr(deploy, 'PINet', refuse)
    files = dict(weights='a.pth', fp32='a.onnx', int8='b.onnx')
    assert deploy._ways_of_this_machine('a.py', files) == {}
    assert 'OpenVINO bf16: left out. no engine for bf16' in (
        capsys.readouterr().out)


def test_operations_are_counted(deploy):
    layer = nn.Conv2d(3, 8, 3, padding=1, bias=False)

    def model(image):
        return layer(torch.rand(2, 3, 16, 16))

    # 27 products and sums for each of 8 x 16 x 16 numbers of two images
    assert deploy.count_operations(model, None) == 2 * 27 * 8 * 256 * 2


def test_the_integer_product_is_one(products, monkeypatch):
    monkeypatch.setattr(products, 'SIDE', 8)
    rng = np.random.default_rng(0)
    weight = rng.integers(-64, 64, (8, 8))
    x = rng.integers(0, 256, (8, 8))
    found, = products.bare_product('int8', 1)()
    np.testing.assert_array_equal(found, x @ weight)
