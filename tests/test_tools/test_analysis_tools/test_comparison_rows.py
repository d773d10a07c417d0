"""The rows of a comparison, the paper's numbers, and the tables of both."""
from pathlib import Path

import pytest
from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / 'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'

# Rows


def test_names_tell_models_apart(comparison):
    rows = comparison.rows
    names = [
        row.name for row in rows.read_models(
            ['pinet_hrnet-w32_ochuman', 'dekr_hrnet-w32_ochuman_pf'])
    ]
    assert names == ['pinet', 'dekr pf']
    row, = rows.read_models(['pinet_hrnet-w32_ochuman'])
    assert row.name == 'pinet_hrnet-w32_ochuman'
    assert rows.short_names(['a_x', 'a_x_pf']) == ['a_x', 'pf']


def test_a_config_of_a_name_twice_is_refused(comparison, tmp_path):
    twin = tmp_path / 'spm_hrnet-w32_ochuman.py'
    twin.write_text(f"_base_ = '{DEMO}'")
    with pytest.raises(ValueError, match='spm_hrnet-w32_ochuman more than'):
        comparison.rows.read_models([twin.stem, str(twin)])


def test_a_config_of_ones_own_has_no_numbers_of_the_paper(
        comparison, tmp_path):
    own = tmp_path / 'own.py'
    own.write_text(f"_base_ = '{DEMO}'")
    row, = comparison.rows.read_models([str(own)])
    assert row.paper == {} and row.is_pinet


# The paper's numbers


@pytest.mark.parametrize('table', ['1a', '1b', '1c', '1d'])
def test_the_papers_numbers_come_from_the_metafiles(comparison, monkeypatch,
                                                    table):
    """Other metafiles, other numbers: none has a second home."""
    models = comparison.rows.zoo.models()
    for model in models:
        for metrics in (x['Metrics'] for x in model.get('Results', [])):
            metrics.update({key: 0.125 for key in metrics})
        for key in model['Metadata'].keys() & {
                'Parameters (paper)', 'FLOPs (paper)'
        }:
            model['Metadata'][key] = 12.5e6
    monkeypatch.setattr(comparison.rows.zoo, 'models', lambda: models)
    for row in comparison.rows.read_table(table):
        assert row.paper_data == 'OCHuman'
        assert set(row.paper.values()) <= {12.5, 0.0125}


def test_tables_in_the_docs_have_the_papers_numbers(comparison):
    tables = (ROOT / 'docs/ablation.md').read_text().split('\n## ')[1:]
    for table in comparison.rows.TABLES:
        section = next((t for t in tables if t.startswith(table)), None)
        if section is None:  # DEKR has not been run
            continue
        written = [[cell.strip() for cell in line.strip('|').split('|')]
                   for line in section.splitlines()
                   if line.startswith('|')][2:]
        rows = comparison.rows.read_table(table)
        assert [line[0] for line in written] == [row.name for row in rows]
        for line, row in zip(written, rows):
            assert line[6:9] == [
                f'{row.paper[key]:.1f}' for key in ('AP', 'AP50', 'AP75')
            ]


# What is printed


def test_metrics_are_picked_by_their_names(comparison):
    """As CrowdLevelMetric reports them, of 1."""
    picked = comparison.report.pick_metrics({
        'coco/AP': 0.3,
        'coco/AP .5': 0.5,
        'coco/AP .75': 0.2,
        'coco/AP (M)': 0.9,
        'coco/AR': 0.4,
        'coco/AR .5': 0.9,
        'coco/AP(M)': -1,  # no such person
        'coco/AP(H)': 0.1,
        'coco/AP max_iou [0, 0.45)': 0.35,
        'coco/AP max_iou [0.45, 1]': 0.25,
        'data_time': 0.1
    })
    assert picked == dict(AP=30, AP50=50, AP75=20, AR=40, hard=10, crowd=25)


@pytest.fixture
def base():
    cfg = Config.fromfile(DEMO)
    cfg.test_evaluator.crowding = 'max_iou'
    cfg.test_evaluator.bins = [0, 0.2, 0.45, 1]
    return cfg


def cells(line):
    return [cell.strip() for cell in line.strip('|').split('|')]


def test_tables_stand_beside_the_papers(comparison, base):
    rows = comparison.rows.read_table('1d')
    results = [
        dict(AP=30.04 + i, AP50=50, crowd=25, params=1.5, s_test=0.25)
        for i in range(6)
    ]
    report = comparison.report.format_report('Some', rows, results, base,
                                             {7: results})
    lines = report.splitlines()
    assert lines[0] == '**Some**.'
    assert 'seed 7' in lines[1] and 'annotations/val.json' in lines[1]
    assert 'a max_iou of 0.45 or more' in lines[2]
    tables = [[cells(line) for line in lines if line.startswith('|')][i:i + 8]
              for i in (0, 8, 16)]
    accuracy, paper, costs = tables
    assert accuracy[0] == ['', 'AP', 'AP50', 'crowd', 'diff']
    assert accuracy[3] == ['SPM + PF', '31.0', '50.0', '25.0', '+1.0']
    assert paper[0] == ['', 'AP', 'AP50', 'AP75', 'diff', 'on']
    # what the paper does not give stays open
    assert paper[3] == ['SPM + PF', '48.1', '-', '-', '+0.5', 'OCHuman']
    assert costs[0] == [
        '', 'params (M)', 's/test image', 'paper params (M)', 'paper GFLOPs'
    ]
    assert costs[2] == ['SPM', '1.50', '0.250', '29.3', '41.8']
    assert max(map(len, lines)) < 120


def test_papers_numbers_on_other_data_are_not_compared(comparison, base):
    rows = comparison.rows.read_models(
        ['pinet_hrnet-w32_ochuman', 'pinet_hrnet-w32_coco'])
    report = comparison.report.format_report(
        'Some', rows, [dict(AP=1), dict(AP=2)], base, {0: []})
    line = next(line for line in report.splitlines() if '67.4' in line)
    assert cells(line)[-2:] == ['-', 'COCO']


def test_several_seeds_stand_beside_each_other(comparison, base):
    rows = comparison.rows.read_models(
        ['pinet_hrnet-w32_ochuman', 'pinet_hrnet-w32_coco'])
    seeds = {
        7: [dict(AP=50.0), dict(AP=1.0)],
        0: [dict(AP=53.0), dict()],  # nobody to find
        2: [dict(AP=53.0), dict()]
    }
    report = comparison.report.format_report(
        'Some', rows, [dict(AP=52), dict(AP=1)], base, seeds)
    assert 'means of seeds 7, 0, 2, tested' in report
    start = report.index('AP of each seed')
    lines = [cells(line) for line in report[start:].splitlines()[2:6]]
    assert lines[0] == ['', 'seed 7', 'seed 0', 'seed 2', 'SD']
    # squares of 2, 1 and 1, over two
    assert lines[2][1:] == ['50.0', '53.0', '53.0', '1.7']
    assert lines[3][1:] == ['1.0', '-', '-', '-']


def test_means_are_of_what_all_seeds_have(comparison):
    first = dict(AP=0.5, AR=1, loss=[[1, 4.0], [2, 2.0]], val_AP=[])
    second = dict(AP=0.25, loss=[[2, 1.0], [3, 9.0]], val_AP=[[1, 0.5]])
    assert comparison.seeds.average([first, second]) == dict(
        AP=0.375, loss=[[2, 1.5]], val_AP=[])
    assert comparison.seeds.average([first]) == first


@pytest.mark.parametrize('columns', [dict(a=['1', '22'], bb=['333', '4'])])
def test_columns_stand_under_each_other(comparison, columns):
    lines = comparison.report.format_table(['x', 'yyyy'], columns)
    assert lines == [
        '|      |  a |  bb |',
        '| :--- | -: | --: |',
        '| x    |  1 | 333 |',
        '| yyyy | 22 |   4 |',
    ]


@pytest.mark.parametrize('name, shown', [
    ('a|b', r'a\|b'),
    ('<script>a</script>', r'\<script\>a\</script\>'),
    ('![a](https://a.b/c)', r'\!\[a\](https://a.b/c)'),
    ('a\n# b\x1b[2J\udcff', r'a?# b?\[2J?'),
])
def test_a_name_is_nothing_but_a_name(comparison, name, shown):
    lines = comparison.report.format_table([name], dict(AP=['1']))
    assert len(lines) == 3 and lines[2] == f'| {shown} |  1 |'


# Pictures


def test_curves_are_over_crowding_and_epochs(comparison, tmp_path,
                                             monkeypatch):
    plt = comparison.curves.plt
    monkeypatch.setattr(plt, 'close', lambda figure: None)
    metrics = [{
        'coco/AP mean_iou [0, 0.5)': 0.5,
        'coco/AP mean_iou [0.5, 1]': 0.25
    }]
    trainings = [dict(loss=[[1, 4.0], [2, 3.0]], val_AP=[])]
    comparison.curves.draw_curves(['one'], metrics, trainings,
                                  tmp_path / 'a.png')
    left, right = plt.gcf().axes
    assert left.lines[0].get_xydata().tolist() == [[0.25, 50], [0.75, 25]]
    assert [(label.get_text(), label.get_position()[0])
            for label in left.get_xticklabels()] == [('0', 0), ('0.5', 0.5),
                                                     ('1', 1)]
    assert right.lines[0].get_xydata().tolist() == [[1, 1], [2, 0.75]]
    trainings[0]['val_AP'] = [[2, 0.125]]
    comparison.curves.draw_curves(['one'], metrics, trainings,
                                  tmp_path / 'b.png')
    assert plt.gcf().axes[1].lines[0].get_xydata().tolist() == [[2, 12.5]]
    monkeypatch.undo()
    plt.close('all')
    assert (tmp_path / 'a.png').is_file() and (tmp_path / 'b.png').is_file()
