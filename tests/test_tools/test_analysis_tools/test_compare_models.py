"""The command: each row is trained once and tested once, and goes on."""
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmpose_pinet.datasets.drawn import draw_crowd

DEMO = (
    Path(__file__).resolve().parents[3] /
    'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py')


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
def finished(ablation, crowd, tmp_path_factory):
    """A run of a table of two rows that share one training."""
    init_default_scope('mmpose')
    out = tmp_path_factory.mktemp('ablation')
    with pytest.MonkeyPatch.context() as patch:
        two = ('PPG', 'PPG + PF')
        patch.setitem(ablation.rows.TABLES, '1a',
                      {name: ablation.rows.TABLES['1a'][name]
                       for name in two})
        base = ablation.command.load_base(arguments(crowd, out))
        table, = ablation.command.run(['1a'],
                                      ablation.command.AblationRun(base, out))
        yield out, base, table


def test_rows_are_trained_once_and_tested_each(finished):
    out, base, table = finished
    assert (out / 'table-1a.md').read_text() == f'{table}\n'
    rows = [line.split('|')[1:] for line in table.splitlines()[-2:]]
    assert [row[0].strip() for row in rows] == ['PPG', 'PPG + PF']
    assert all(0 <= float(row[4]) <= 100 for row in rows)  # crowd
    assert base.test_evaluator.crowding == 'mean_iou'
    folders = {path.name for path in out.iterdir() if path.is_dir()}
    assert folders == {'part-large', 'part-large_test', 'part-large_pf_test'}
    assert 'seed=0' in (out / 'part-large/config.py').read_text()


def test_a_run_goes_on_where_it_was_stopped(ablation, finished, monkeypatch):
    out, base, _ = finished
    results = json.loads((out / 'results.json').read_text())
    del results['tested']['part-large_pf']  # stopped before the last test
    (out / 'results.json').write_text(json.dumps(results))

    resumed = ablation.command.AblationRun(base, out)
    launched = []
    launch = resumed._launch
    monkeypatch.setattr(
        resumed, '_launch',
        lambda script, *rest: [launched.append(script),
                               launch(script, *rest)])
    list(ablation.command.run(['1a'], resumed))
    assert launched == ['test.py']
    list(ablation.command.run(['1a'], ablation.command.AblationRun(base, out)))
    assert launched == ['test.py']


def test_a_folder_of_another_run_is_left_alone(ablation, crowd, finished):
    out, _, _ = finished
    base = ablation.command.load_base(arguments(crowd, out, seed=1))
    with pytest.raises(ValueError, match='--out'):
        ablation.command.AblationRun(base, out)


def test_a_failed_training_shows_its_error(ablation, finished, tmp_path,
                                           capsys):
    _, base, _ = finished
    cfg = Config(base.to_dict())
    cfg.train_dataloader.dataset.ann_file = 'annotations/nothing.json'
    resumed = ablation.command.AblationRun(cfg, tmp_path)
    with pytest.raises(SystemExit, match='nothing.json'):
        resumed.row(ablation.find_row('1c', 'dynamic'))
    assert not (tmp_path / 'results.json').exists()


def test_a_missing_test_set_is_named(ablation, tmp_path):
    with pytest.raises(FileNotFoundError, match='annotations/val.json'):
        ablation.command.load_base(arguments(tmp_path, tmp_path))


def test_what_this_machine_cannot_build_is_left_out(ablation, finished,
                                                    monkeypatch, capsys):
    """As DEKR without mmcv's compiled ops."""
    out, base, _ = finished

    models = ablation.command.MODELS
    build_any = models.build

    def build(cfg):
        if 'head' in cfg:  # a whole model
            raise ImportError('compiled op')
        return build_any(cfg)

    monkeypatch.setattr(models, 'build', build)
    resumed = ablation.command.AblationRun(base, out)
    assert resumed.row(ablation.find_row('1d', 'DEKR')) is None
    assert 'DEKR: left out. compiled op' in capsys.readouterr().out
