"""Rows of Table 1: what each changes, and its table beside the paper's."""
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.fileio import dump, load

ROOT = Path(__file__).resolve().parents[3]
CONFIGS = ROOT / 'configs/pinet'
OCHUMAN = 'pinet_hrnet-w32_ochuman'
DEMO = CONFIGS / 'pinet_hrnet-tiny_drawn-crowd.py'


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
def test_a_row_changes_what_it_says_and_nothing_else(ablation, table, name,
                                                     changed):
    base = Config.fromfile(DEMO)
    base.model.head.post_processor.fuse = True  # its default
    before = flatten(base.to_dict())
    cfg = ablation.rows.row_config(base, ablation.find_row(table, name))
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
def test_on_ochuman_a_row_is_the_config_of_that_name(ablation, table, name,
                                                     config):
    base = Config.fromfile(CONFIGS / f'{OCHUMAN}.py')
    row = ablation.rows.row_config(base, ablation.find_row(table, name))
    named = Config.fromfile(CONFIGS / f'ablations/{config}.py')
    row.model.head.get('post_processor', {}).setdefault('fuse', True)
    named.model.head.get('post_processor', {}).setdefault('fuse', True)
    assert row.model == named.model
    assert row.train_dataloader == named.train_dataloader
    assert row.test_dataloader == named.test_dataloader


def test_rows_of_one_training_differ_in_the_test_alone(ablation):
    ppg, ppg_pf, ppg_pr, dekr, dekr_pf = (
        ablation.find_row(*place)
        for place in (('1a', 'PPG'), ('1d', 'PINet w/o PR + PF'),
                      ('1a', 'PPG + PR'), ('1d', 'DEKR'), ('1d', 'DEKR + PF')))
    assert ppg.training == ppg_pf.training != ppg_pr.training
    assert (ppg.key, ppg_pf.key) == ('part-large', 'part-large_pf')
    assert dekr.training == dekr_pf.training == 'dekr'
    assert (dekr.key, dekr_pf.key) == ('dekr', 'dekr_pf')


def test_a_base_that_is_not_whole_is_refused(ablation):
    base = Config.fromfile(CONFIGS / f'ablations/{OCHUMAN}_ppg.py')
    with pytest.raises(ValueError, match='without refinement'):
        ablation.rows.row_config(base, ablation.find_row('1c', 'dynamic'))


# The paper's numbers


@pytest.mark.parametrize('table', ['1a', '1b', '1c', '1d'])
def test_the_papers_numbers_come_from_the_metafile(ablation, monkeypatch,
                                                   tmp_path, table):
    """Another metafile, other numbers: none has a second home."""
    metafile = load(ablation.rows.METAFILE)
    for model in metafile['Models']:
        for metrics in (x['Metrics'] for x in model.get('Results', [])):
            metrics.update({key: 0.125 for key in metrics})
    dump(metafile, tmp_path / 'metafile.yml')
    monkeypatch.setattr(ablation.rows, 'METAFILE', tmp_path / 'metafile.yml')
    for row in ablation.rows.read_rows(table):
        assert set(row.paper.values()) == {12.5}


def test_tables_in_the_docs_have_the_papers_numbers(ablation):
    tables = (ROOT / 'docs/ablation.md').read_text().split('\n## ')[1:]
    for table in ablation.rows.TABLES:
        section = next((t for t in tables if t.startswith(table)), None)
        if section is None:  # DEKR has not been run
            continue
        written = [[cell.strip() for cell in line.strip('|').split('|')]
                   for line in section.splitlines()
                   if line.startswith('|')][2:]
        rows = ablation.rows.read_rows(table)
        assert [line[0] for line in written] == [row.name for row in rows]
        for line, row in zip(written, rows):
            assert line[6:9] == [f'{x:.1f}' for x in row.paper.values()]


# What is printed


def metrics(ap):
    """As CrowdLevelMetric reports them, of 1."""
    return {
        'coco/AP': ap,
        'coco/AP .5': ap + 0.2,
        'coco/AP .75': ap - 0.1,
        'coco/AP (M)': 0.5,
        'coco/AP max_iou [0, 0.45)': ap + 0.1,
        'coco/AP max_iou [0.45, 1]': ap - 0.05,
        'data_time': 0.1
    }


@pytest.fixture
def base():
    cfg = Config.fromfile(DEMO)
    cfg.randomness = dict(seed=7)
    cfg.test_evaluator.crowding = 'max_iou'
    cfg.test_evaluator.bins = [0, 0.45, 1]
    return cfg


def test_the_table_stands_beside_the_papers(ablation, base):
    rows = ablation.rows.read_rows('1c')
    lines = ablation.report.format_table(
        '1c', rows, [metrics(0.3), None, metrics(0.3251)], base).splitlines()
    assert 'seed 7' in lines[1] and 'annotations/val.json' in lines[1]
    assert 'a max_iou of 0.45 or more' in lines[2]
    assert lines[4].split('|')[-5].strip() == 'paper AP'
    paper = [[f'{x:.1f}' for x in row.paper.values()] for row in rows]
    assert [line.replace('|', ' ').split() for line in lines[-3:]] == [
        [*'no graph 30.0 50.0 20.0 25.0 +0.0'.split(), *paper[0], '+0.0'],
        [*'static - - - - -'.split(), *paper[1], '+0.9'],
        [*'dynamic 32.5 52.5 22.5 27.5 +2.5'.split(), *paper[2], '+3.0'],
    ]
    assert len({len(line) for line in lines[4:]}) == 1  # columns stand
    assert max(map(len, lines)) <= 100


def test_what_the_paper_does_not_give_stays_open(ablation, base):
    rows = ablation.rows.read_rows('1d')
    lines = ablation.report.format_table('1d', rows, [None] * 6,
                                         base).splitlines()
    spm_pf = [cell.strip() for cell in lines[-5].strip('|').split('|')]
    assert spm_pf[6:] == ['48.1', '-', '-', '+0.5']
