"""Table 1 on any data: what a row changes, what is run, what is printed."""
import importlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmpose_pinet.datasets.drawn_crowd import draw_crowd

ROOT = Path(__file__).resolve().parents[3]
CONFIGS = ROOT / 'configs/pinet'
OCHUMAN = 'pinet_hrnet-w32_ochuman'
DEMO = CONFIGS / 'pinet_hrnet-tiny_drawn-crowd.py'


@pytest.fixture(scope='module')
def tool():
    """The three modules of the tool."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / 'tools/analysis_tools'))
        yield SimpleNamespace(
            **{
                name: importlib.import_module(f'{prefix}_{name}')
                for prefix, name in (('ablation', 'tables'),
                                     ('ablation', 'report'), ('run',
                                                              'ablation'))
            })


def find_row(tool, table, name):
    row, = (row for row in tool.tables.TABLES[table] if row.name == name)
    return row


def flatten(node, path=''):
    """{'a.b.0': value} of nested dicts and lists."""
    if isinstance(node, dict):
        items = node.items()
    elif isinstance(node, (list, tuple)):
        items = enumerate(node)
    else:
        return {path: node}
    return {
        key: value
        for name, child in items
        for key, value in flatten(child, f'{path}.{name}').items()
    }


# What a row changes


@pytest.mark.parametrize('table, name, changed', [
    ('1a', 'PPG + PR + PF', set()),
    ('1a', 'PPG + PR', {'.model.head.post_processor.fuse'}),
    ('1c', 'static', {'.model.head.refinement.graph'}),
    ('1b', 'head', {
        '.model.head.decoder.parts', '.model.head.post_processor.fuse',
        '.model.head.refinement',
        '.train_dataloader.dataset.pipeline.4.encoder.parts'
    }),
])
def test_a_row_changes_what_it_says_and_nothing_else(tool, table, name,
                                                     changed):
    base = Config.fromfile(DEMO)
    base.model.head.post_processor.fuse = True  # its default
    before = flatten(base.to_dict())
    cfg = tool.tables.row_config(base, find_row(tool, table, name))
    after = flatten(cfg.to_dict())
    differing = {
        key
        for key in before.keys() | after.keys()
        if before.get(key, 'absent') != after.get(key, 'absent')
    }
    # where refinement goes, its keys go with it
    if '.model.head.refinement' in changed:
        differing = {
            key
            for key in differing
            if not key.startswith('.model.head.refinement.')
        }
    assert differing == changed
    assert flatten(base.to_dict()) == before


@pytest.mark.parametrize('table, name, config', [
    ('1a', 'PPG', f'{OCHUMAN}_ppg'),
    ('1a', 'PPG + PR', f'{OCHUMAN}_ppg-pr'),
    ('1a', 'PPG + PF', f'{OCHUMAN}_ppg-pf'),
    ('1b', 'center', f'{OCHUMAN}_ppg_center'),
    ('1b', 'head', f'{OCHUMAN}_ppg_head'),
    ('1b', 'part-small', f'{OCHUMAN}_ppg_part-small'),
    ('1b', 'keypoint', f'{OCHUMAN}_ppg_keypoint'),
    ('1c', 'no graph', f'{OCHUMAN}_graph-none'),
    ('1c', 'static', f'{OCHUMAN}_graph-static'),
    ('1d', 'SPM', 'spm_hrnet-w32_ochuman'),
    ('1d', 'SPM + PF', 'spm_hrnet-w32_ochuman_pf'),
    ('1d', 'DEKR', 'dekr_hrnet-w32_ochuman'),
    ('1d', 'DEKR + PF', 'dekr_hrnet-w32_ochuman_pf'),
])
def test_on_ochuman_a_row_is_the_config_of_that_name(tool, table, name,
                                                     config):
    base = Config.fromfile(CONFIGS / f'{OCHUMAN}.py')
    row = tool.tables.row_config(base, find_row(tool, table, name))
    named = Config.fromfile(CONFIGS / f'ablations/{config}.py')
    row.model.head.get('post_processor', {}).setdefault('fuse', True)
    named.model.head.get('post_processor', {}).setdefault('fuse', True)
    assert row.model == named.model
    assert row.train_dataloader == named.train_dataloader
    assert row.test_dataloader == named.test_dataloader


def test_rows_of_one_training_differ_in_the_test_alone(tool):
    for row in sum(map(list, tool.tables.TABLES.values()), []):
        assert row.key in (row.training, f'{row.training}_pf')
    ppg, ppg_pf = (find_row(tool, '1a', name) for name in ('PPG', 'PPG + PF'))
    assert ppg.training == ppg_pf.training
    assert ppg.training != find_row(tool, '1a', 'PPG + PR').training


def test_a_base_that_is_not_whole_is_refused(tool):
    base = Config.fromfile(CONFIGS / f'ablations/{OCHUMAN}_ppg.py')
    with pytest.raises(ValueError, match='without refinement'):
        tool.tables.row_config(base, tool.tables.PINET)


# What is printed


def metrics(ap):
    """As CrowdLevelMetric reports them, of 1."""
    return {
        'coco/AP': ap,
        'coco/AP .5': ap + 0.2,
        'coco/AP .75': ap - 0.1,
        'coco/AP (M)': 0.5,
        'coco/AP [0, 0.45)': ap + 0.1,
        'coco/AP [0.45, 1]': ap - 0.05,
        'data_time': 0.1
    }


@pytest.fixture
def report(tool):
    cfg = Config.fromfile(DEMO)
    cfg.randomness = dict(seed=7)
    cfg.test_evaluator.bins = [0, 0.45, 1]
    return tool.report.AblationReport(
        '1c', [metrics(0.3), None, metrics(0.3251)], cfg)


def test_the_table_stands_beside_the_papers(report):
    lines = report.text().splitlines()
    assert [line.split() for line in lines[-3:]] == [
        'no graph 30.0 50.0 20.0 25.0 +0.0 | 56.8 74.1 63.0 +0.0'.split(),
        'static - - - - - | 57.7 74.7 64.3 +0.9'.split(),
        'dynamic 32.5 52.5 22.5 27.5 +2.5 | 59.8 74.9 65.9 +3.0'.split(),
    ]
    assert max(map(len, lines)) <= 80
    assert 'seed 7' in lines[1] and 'annotations/val.json' in lines[2]


def test_the_same_as_markdown_and_json(report, tmp_path):
    report.write(tmp_path)
    assert (tmp_path / 'table-1c.txt').read_text() == report.text() + '\n'
    rows = [
        line for line in (tmp_path / 'table-1c.md').read_text().splitlines()
        if line.startswith('|')
    ]
    assert [cell.strip() for cell in rows[-1].strip('|').split('|')] == [
        'dynamic', '32.5', '52.5', '22.5', '27.5', '+2.5', '59.8', '74.9',
        '65.9', '+3.0'
    ]
    assert len({row.count('|') for row in rows}) == 1
    stored = json.loads((tmp_path / 'table-1c.json').read_text())
    assert stored['rows'][2]['here'] == dict(
        AP=32.5, AP50=52.5, AP75=22.5, crowd=27.5, diff=2.5)
    assert stored['rows'][1]['here'] is None


# What is run


@pytest.fixture(scope='module')
def crowd(tmp_path_factory):
    folder = tmp_path_factory.mktemp('crowd')
    for split in 'train', 'val':
        draw_crowd(folder, 4, split=split, image_size=128, num_workers=1)
    return folder


def arguments(crowd, out, seed=0):
    return SimpleNamespace(
        base=str(DEMO),
        out=out,
        seed=seed,
        processes=1,
        cfg_options={
            'train_dataloader.dataset.data_root': str(crowd),
            'test_dataloader.dataset.data_root': str(crowd),
            'train_cfg.max_epochs': 1
        })


@pytest.fixture(scope='module')
def finished(tool, crowd, tmp_path_factory):
    """A run of a table of two rows that share one training."""
    init_default_scope('mmpose')
    out = tmp_path_factory.mktemp('ablation')
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tool.tables.TABLES, '1a',
                      tool.tables.TABLES['1a'][1:4:2])  # PPG, PPG + PF
        base = tool.ablation.load_base(arguments(crowd, out))
        report, = tool.ablation.run(['1a'],
                                    tool.ablation.AblationRun(base, out))
        yield out, base, report


def test_rows_are_trained_once_and_tested_each(finished):
    out, _, report = finished
    assert [row['name'] for row in report.rows] == ['PPG', 'PPG + PF']
    assert all(0 <= row['here']['crowd'] <= 100 for row in report.rows)
    folders = {path.name for path in out.iterdir() if path.is_dir()}
    assert folders == {'part-large', 'part-large_test', 'part-large_pf_test'}
    assert 'seed=0' in (out / 'part-large/config.py').read_text()
    assert (out / 'table-1a.txt').is_file()


def test_a_run_goes_on_where_it_was_stopped(tool, finished, monkeypatch):
    out, base, _ = finished
    results = json.loads((out / 'results.json').read_text())
    del results['tested']['part-large_pf']  # stopped before the last test
    (out / 'results.json').write_text(json.dumps(results))

    ablation = tool.ablation.AblationRun(base, out)
    launched = []
    launch = ablation._launch
    monkeypatch.setattr(
        ablation, '_launch',
        lambda script, *rest: [launched.append(script),
                               launch(script, *rest)])
    tool.ablation.run(['1a'], ablation)
    assert launched == ['test.py']
    tool.ablation.run(['1a'], tool.ablation.AblationRun(base, out))
    assert launched == ['test.py']


def test_a_folder_of_another_run_is_left_alone(tool, crowd, finished):
    out, _, _ = finished
    base = tool.ablation.load_base(arguments(crowd, out, seed=1))
    with pytest.raises(ValueError, match='--out'):
        tool.ablation.AblationRun(base, out)


def test_a_failed_training_shows_its_error(tool, finished, tmp_path, capsys):
    _, base, _ = finished
    cfg = Config(base.to_dict())
    cfg.train_dataloader.dataset.ann_file = 'annotations/nothing.json'
    ablation = tool.ablation.AblationRun(cfg, tmp_path)
    with pytest.raises(SystemExit, match='nothing.json'):
        ablation.row(tool.tables.PINET)
    assert not (tmp_path / 'results.json').exists()


def test_a_missing_test_set_is_named(tool, tmp_path):
    with pytest.raises(FileNotFoundError, match='annotations/val.json'):
        tool.ablation.load_base(arguments(tmp_path, tmp_path))


def test_what_this_machine_cannot_build_is_left_out(tool, finished,
                                                    monkeypatch, capsys):
    """As DEKR without mmcv's compiled ops."""
    out, base, _ = finished

    def build(cfg):
        raise ImportError('compiled op')

    monkeypatch.setattr(tool.ablation.MODELS, 'build', build)
    ablation = tool.ablation.AblationRun(base, out)
    assert ablation.row(find_row(tool, '1d', 'DEKR')) is None
    assert 'DEKR: left out. compiled op' in capsys.readouterr().out
