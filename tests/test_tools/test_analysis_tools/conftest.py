"""Modules of the tools that are more than one file, and own keypoints."""
import importlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.registry import DefaultScope

ROOT = Path(__file__).resolve().parents[3]
TINY = ROOT / 'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'


@pytest.fixture(scope='module')
def benchmark():
    """The modules of the tool; ``command`` is the script."""
    names = ('decode', 'dense_head', 'heads', 'memory', 'models', 'people',
             'table', 'timing', 'training')
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / 'tools/analysis_tools'))
        with DefaultScope.overwrite_default_scope('mmpose'):
            yield SimpleNamespace(
                command=importlib.import_module('benchmark'),
                **{
                    name: importlib.import_module(f'benchmarks.{name}')
                    for name in names
                })


@pytest.fixture(scope='module')
def cfg(benchmark):
    """The demo's config with a block in each place: engines compile it for
    seconds, again for each way that is measured."""
    cfg = benchmark.models.load_config(str(TINY), (128, 160))
    for stage in cfg.model.backbone.extra.values():
        stage.num_blocks = (1, ) * len(stage.num_blocks)
    return cfg


@pytest.fixture(scope='module')
def comparison():
    """The modules of the tool; ``command`` is the script."""
    names = ('costs', 'curves', 'gallery', 'report', 'rows', 'runs', 'seeds',
             'setting')
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / 'tools/analysis_tools'))
        with DefaultScope.overwrite_default_scope('mmpose'):
            yield SimpleNamespace(
                command=importlib.import_module('compare_models'),
                **{
                    name: importlib.import_module(f'comparison.{name}')
                    for name in names
                })


@pytest.fixture
def nine_keypoints(tmp_path):
    """A config of people with nine keypoints, a chain, in three parts."""
    links = [(k, k + 1) for k in range(8)]
    parts = [[0, 1, 2], [3, 4, 5, 6], [7, 8]]
    metainfo = tmp_path / 'chain.py'
    metainfo.write_text("""dataset_info = dict(
    dataset_name='chain',
    keypoint_info={k: dict(name=f'joint {k}') for k in range(9)},
    skeleton_info={
        k: dict(link=(f'joint {k}', f'joint {k + 1}')) for k in range(8)
    },
    joint_weights=[1.] * 9,
    sigmas=[0.05] * 9)
""")
    config = tmp_path / 'nine_keypoints.py'
    config.write_text(f"""_base_ = '{TINY}'
codec = dict(parts={parts}, skeleton='{metainfo}')
model = dict(head=dict(decoder=codec))
""")
    return SimpleNamespace(config=str(config), links=links, parts=parts)
