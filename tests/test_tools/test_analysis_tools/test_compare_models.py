"""The command: models are trained once and tested once, and it goes on."""
import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import pytest
from mmengine.config import Config

from mmpose_pinet.datasets.drawn import draw_crowd

DEMO = (
    Path(__file__).resolve().parents[3] /
    'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py')
MODELS = [
    f'{name}_hrnet-w32_ochuman{fusion}'
    for name, fusion in (('spm', ''), ('spm', '_pf'), ('cid', ''))
]


@pytest.fixture(scope='module')
def crowd(tmp_path_factory):
    folder = tmp_path_factory.mktemp('crowd')
    for split in 'train', 'val':
        draw_crowd(folder, 4, split=split, image_size=128, num_workers=1)
    return folder


def arguments(crowd, seed=0, **more):
    return SimpleNamespace(
        base=str(DEMO),
        seed=seed,
        val_interval=more.pop('val_interval', 0),
        cfg_options={
            'train_dataloader.dataset.data_root': str(crowd),
            'test_dataloader.dataset.data_root': str(crowd),
            'train_cfg.max_epochs': 1,
            **more
        })


@pytest.fixture(scope='module')
def finished(comparison, crowd, tmp_path_factory, server):
    """A run of three models, two of which share one training."""
    out = tmp_path_factory.mktemp('comparison')
    base = comparison.command.load_base(arguments(crowd, val_interval=1))

    def launch(script, cfg, folder, *arguments):
        folder.mkdir()
        cfg.dump(folder / 'config.py')
        done = server.run(f'tools/{script}', folder / 'config.py', *arguments,
                          '--work-dir', folder)
        assert done.returncode == 0, done.stderr[-3000:]

    runs = comparison.runs.Runs(base, out)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, '_launch', launch)  # at the cost of forks
        return out, base, run(comparison, base, out, runs)


def run(comparison, base, out, runs):
    models = comparison.command.fit(comparison.rows.read_models(MODELS), runs)
    return comparison.command.compare('comparison', 'Three', models, runs, 2)


def test_models_are_trained_once_and_tested_each(finished):
    out, base, report = finished
    assert (out / 'comparison.md').read_text() == f'{report}\n'
    results = json.loads((out / 'comparison.json').read_text())
    assert list(results) == ['spm', 'spm pf', 'cid']
    spm, fused, cid = results.values()
    assert spm['training'] == fused['training'] != cid['training']
    assert len({result['test'] for result in results.values()}) == 3
    folders = {path.name for path in out.iterdir() if path.is_dir()}
    assert folders == {
        result[key]
        for result in results.values()
        for key in ('training', 'test')
    }
    assert 'seed=0' in (out / spm['training'] / 'config.py').read_text()


def test_accuracy_and_costs_are_told(finished):
    out, _, report = finished
    for result in json.loads((out / 'comparison.json').read_text()).values():
        for key in ('AP', 'AP50', 'AP75', 'AR', 'crowd'):
            assert 0 <= result[key] <= 100
        assert 1 < result['params'] < 2
        assert 0 < result['s_test'] < 60 and 0 < result['s_train'] < 60
        assert [epoch for epoch, _ in result['loss']] == [1]
        assert result['val_AP'] == [[1, result['metrics']['coco/AP']]]
    assert '| spm pf |' in report and '47.6' in report  # the paper's SPM


def test_pictures_show_the_truth_and_all_models(comparison, finished):
    out, _, _ = finished
    gallery = comparison.gallery
    height, width = cv2.imread(str(out / 'comparison.jpg')).shape[:2]
    assert width == 4 * gallery.CELL
    assert height == 2 * gallery.CELL + gallery.TITLE
    assert (out / 'comparison.png').is_file()


@pytest.mark.slow
def test_a_run_goes_on_where_it_was_stopped(comparison, finished, monkeypatch):
    out, base, report = finished
    results = json.loads((out / 'results.json').read_text())
    cid = next(name for name in results['tested'] if name.startswith('cid'))
    del results['tested'][cid]  # stopped before the last test
    (out / 'results.json').write_text(json.dumps(results))

    runs = comparison.runs.Runs(base, out)
    launched = []
    launch = runs._launch
    monkeypatch.setattr(
        runs, '_launch',
        lambda script, *rest: [launched.append(script),
                               launch(script, *rest)])
    assert run(comparison, base, out, runs) == report
    assert launched == ['test.py']


def test_a_folder_of_another_base_is_left_alone(comparison, crowd, finished):
    out, _, _ = finished
    base = comparison.command.load_base(arguments(crowd, seed=1))
    with pytest.raises(ValueError, match='--out'):
        comparison.runs.Runs(base, out)


@pytest.mark.slow
def test_a_failed_training_shows_its_error(comparison, finished, tmp_path):
    _, base, _ = finished
    cfg = Config(base.to_dict())
    cfg.train_dataloader.dataset.ann_file = 'annotations/nothing.json'
    with pytest.raises(SystemExit, match='nothing.json'):
        comparison.runs.Runs(cfg, tmp_path).test(cfg)
    assert not (tmp_path / 'results.json').exists()


def test_a_missing_test_set_is_named(comparison, tmp_path):
    with pytest.raises(FileNotFoundError, match='annotations/val.json'):
        comparison.command.load_base(arguments(tmp_path))


def test_bins_hold_equally_many_images_or_are_the_configs(comparison, crowd):
    base = comparison.command.load_base(arguments(crowd))
    assert base.val_cfg is None and base.val_evaluator is None
    edges = base.test_evaluator.bins
    assert len(edges) == 5 and edges[0] == 0 and edges[-1] == 1
    options = {'test_evaluator.bins': [0, 0.3, 1]}
    base = comparison.command.load_base(arguments(crowd, **options))
    assert base.test_evaluator.bins == [0, 0.3, 1]
