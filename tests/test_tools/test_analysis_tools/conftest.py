"""Modules of the tools that are more than one file."""
import importlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.registry import DefaultScope

ROOT = Path(__file__).resolve().parents[3]
TINY = ROOT / 'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'


@pytest.fixture(scope='module')
def benchmark():
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
def cfg(benchmark):
    return benchmark.models.load_config(str(TINY), (128, 160))


@pytest.fixture(scope='module')
def ablation():
    """The modules of the tool; ``command`` is the script."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / 'tools/analysis_tools'))
        rows, report = (
            importlib.import_module(f'ablation.{name}')
            for name in ('rows', 'report'))

        def find_row(table, name):
            return next(r for r in rows.read_rows(table) if r.name == name)

        yield SimpleNamespace(
            command=importlib.import_module('run_ablation'),
            rows=rows,
            report=report,
            find_row=find_row)
