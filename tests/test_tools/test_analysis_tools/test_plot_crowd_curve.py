"""Curves over crowding, from metrics as tools/test.py writes them."""
import json
import sys
from pathlib import Path

import cv2
import pytest
import torch
from matplotlib import pyplot as plt
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_pinet.datasets.drawn import draw_crowd

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / 'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'
SCRIPT = 'analysis_tools/plot_crowd_curve.py'


def write_run(path, **values):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({'coco/AP': 0.9, 'time': 1, **values}))
    return str(path)


def test_it_reads_the_bins_and_nothing_else(tool, tmp_path):
    path = write_run(
        tmp_path / 'run.json', **{
            'coco/AP max_iou [0.9, 1]': 0.2,
            'coco/AP max_iou [0.5, 0.6)': 0.7,
            'coco/AP (M)': 0.1,
            'coco/AP(E)': 0.3
        })
    crowding, curve = tool['read_curve'](path)
    assert crowding == 'max_iou'
    assert curve == {(0.5, 0.6): 0.7, (0.9, 1): 0.2}


def test_of_a_work_dir_the_newest_metrics_count(tool, tmp_path):
    for name, ap in (('20260101_000000', 0.1), ('20260102_000000', 0.2)):
        write_run(tmp_path / name / f'{name}.json',
                  **{'crowd/AP mean_iou [0, 1]': ap})
    assert tool['read_curve'](str(tmp_path))[1] == {(0, 1): 0.2}


def test_runs_by_different_measures_are_refused(tool, tmp_path, monkeypatch):
    runs = [
        write_run(tmp_path / f'{crowding}.json',
                  **{f'coco/AP {crowding} [0, 1]': 0.1})
        for crowding in ('mean_iou', 'max_iou')
    ]
    monkeypatch.setattr(sys, 'argv', ['plot', *runs])
    with pytest.raises(ValueError, match='by max_iou, mean_iou. One picture'):
        tool['main']()


def test_metrics_by_two_measures_at_once_are_refused(tool, tmp_path):
    path = write_run(
        tmp_path / 'run.json', **{
            'coco/AP mean_iou [0, 1]': 0.2,
            'coco/AP crowd_index [0, 1]': 0.2
        })
    with pytest.raises(ValueError, match='run.json: .*crowd_index, mean_iou'):
        tool['read_curve'](path)


def test_every_run_is_a_line_over_the_middles_of_its_bins(
        tool, tmp_path, monkeypatch):
    monkeypatch.setattr(plt, 'close', lambda figure: None)
    out = tmp_path / 'curve.png'
    tool['plot']([('PINet', {
        (0.5, 0.6): 0.7,
        (0.6, 0.8): 0.6
    }), ('SPM', {
        (0.6, 0.8): 0.5
    })], 'crowd_index', str(out))
    axes = plt.gcf().axes[0]
    assert axes.get_xlabel() == "crowding: CrowdPose's crowd index"
    drawn = {
        line.get_label(): line.get_xydata().tolist()
        for line in axes.lines
    }
    monkeypatch.undo()
    plt.close('all')
    assert drawn == {
        'PINet': [[pytest.approx(0.55), 0.7], [pytest.approx(0.7), 0.6]],
        'SPM': [[pytest.approx(0.7), 0.5]]
    }
    assert cv2.imread(str(out)).shape == (600, 900, 3)


@pytest.fixture(scope='module')
def tested(tmp_path_factory, start):
    """A work_dir of tools/test.py on a drawn crowd, with random weights."""
    folder = tmp_path_factory.mktemp('tested')
    draw_crowd(folder, 4, split='val', image_size=128, num_workers=1)
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(CONFIG).model)
    torch.save(dict(state_dict=model.state_dict()), folder / 'random.pth')
    done = start(
        CONFIG,
        folder / 'random.pth',
        '--work-dir',
        folder / 'run',
        '--cfg-options',
        f'test_dataloader.dataset.data_root={folder}',
        'test_evaluator.type=CrowdLevelMetric',
        'test_evaluator.bins=[0,.5,1]',
        script='test.py')
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / 'run'


def test_what_the_test_script_writes_can_be_drawn(tested, start, tmp_path):
    out = tmp_path / 'curve.png'
    done = start(tested, tested, '--labels', 'one', 'two', '--out', out)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f'2 runs by mean_iou, drawn to {out}\n'
    assert out.is_file()


def broken(tmp_path, kind):
    path = tmp_path / 'run.json'
    if kind == 'no bins':
        write_run(path)
    elif kind == 'no json':
        path.write_text('AP')
    elif kind == 'empty folder':
        path.mkdir()
    return str(path)


@pytest.mark.parametrize('kind, error', [
    ('no bins', 'CrowdLevelMetric'),
    ('no json', 'no json file'),
    ('empty folder', '--work-dir'),
    ('missing', 'No such file'),
])
def test_what_cannot_be_drawn_is_named(tool, tmp_path, kind, error):
    path = broken(tmp_path, kind)
    with pytest.raises((OSError, ValueError), match=error) as raised:
        tool['read_curve'](path)
    assert path in str(raised.value)
