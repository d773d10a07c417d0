"""The benchmark's modules, for all that tests them."""
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
