"""The command: models are trained once and tested once, and it goes on."""
import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.structures import InstanceData

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


def arguments(crowd, **more):
    return SimpleNamespace(
        base=str(DEMO),
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
        report = run(comparison, runs)
        # the same folder, a seed more of one model
        seeds = run(comparison, runs, 'seeds', MODELS[:1], [0, 1, 1])
    return SimpleNamespace(out=out, base=base, report=report, seeds=seeds)


def run(comparison, runs, name='comparison', models=MODELS, seeds=(0, )):
    models = comparison.command.fit(
        comparison.rows.read_models(models), runs, seeds)
    return comparison.command.compare(name, 'Some', models, runs, 2)


def read(finished, name):
    return json.loads((finished.out / f'{name}.json').read_text())


def test_models_are_trained_once_and_tested_each(finished):
    assert (finished.out / 'comparison.md').read_text() == \
        f'{finished.report}\n'
    results = read(finished, 'comparison')
    assert list(results) == ['spm', 'spm pf', 'cid']
    spm, fused, cid = (result['seeds'][0] for result in results.values())
    assert spm['training'] == fused['training'] != cid['training']
    assert len({run['test'] for run in (spm, fused, cid)}) == 3
    more, = read(finished, 'seeds').values()
    assert more['seeds'][0] == spm  # which was there
    folders = {path.name for path in finished.out.iterdir() if path.is_dir()}
    assert folders == {
        run[key]
        for run in (spm, fused, cid, more['seeds'][1])
        for key in ('training', 'test')
    }


def test_every_training_has_its_seed(finished):
    more, = read(finished, 'seeds').values()
    assert [run['seed'] for run in more['seeds']] == [0, 1]
    for run in more['seeds']:
        for folder in run['training'], run['test']:
            cfg = Config.fromfile(finished.out / folder / 'config.py')
            assert cfg.randomness == dict(seed=run['seed'])


def test_of_several_seeds_the_mean_is_told(finished):
    more, = read(finished, 'seeds').values()
    first, second = more['seeds']
    assert first['costs']['loss'] != second['costs']['loss']
    for key in 's_test', 's_train', 'minutes':
        assert more[key] == pytest.approx(
            (first['costs'][key] + second['costs'][key]) / 2)
    for key, name in ('AP', 'coco/AP'), ('AR', 'coco/AR'):
        percent = 50 * (first['metrics'][name] + second['metrics'][name])
        assert more[key] == pytest.approx(percent, abs=0.051)
    assert 'means of seeds 0, 1' in finished.seeds
    assert '| seed 0 | seed 1 | SD |' in ' '.join(finished.seeds.split())
    assert 'seed 0, tested' in finished.report
    assert 'AP of each seed' not in finished.report


def test_accuracy_and_costs_are_told(finished):
    for result in read(finished, 'comparison').values():
        for key in ('AP', 'AP50', 'AP75', 'AR', 'crowd'):
            assert 0 <= result[key] <= 100
        assert 1 < result['params'] < 2
        assert 0 < result['s_test'] < 60 and 0 < result['s_train'] < 60
        assert [epoch for epoch, _ in result['loss']] == [1]
        run, = result['seeds']
        assert result['val_AP'] == [[1, run['metrics']['coco/AP']]]
    assert '| spm pf |' in finished.report
    assert '47.6' in finished.report  # the paper's SPM


def test_pictures_show_the_truth_and_all_models(comparison, finished):
    gallery = comparison.gallery
    height, width = cv2.imread(str(finished.out / 'comparison.jpg')).shape[:2]
    assert width == 4 * gallery.CELL
    assert height == 2 * gallery.CELL + gallery.TITLE
    assert (finished.out / 'comparison.png').is_file()


@pytest.mark.parametrize(
    'head, title, scores',
    [(SimpleNamespace(), 'some (0.1+)', [0.4, 0.2]),
     (SimpleNamespace(shown_from=0.3), 'some (0.3+)', [0.4])])
def test_persons_are_drawn_from_where_their_model_shows_them(
        comparison, crowd, monkeypatch, head, title, scores):
    gallery = comparison.gallery
    metainfo = dict(keypoint_id2name={0: 'nose'}, skeleton_links=[])
    model = SimpleNamespace(head=head, dataset_meta=metainfo)
    found = InstanceData(
        keypoints=np.zeros((3, 1, 2)),
        keypoint_scores=np.ones((3, 1)),
        bbox_scores=np.array([0.2, 0.05, 0.4]))
    monkeypatch.setattr(gallery, 'init_model', lambda *_, **__: model)
    monkeypatch.setattr(gallery, 'inference_bottomup',
                        lambda *_: [SimpleNamespace(pred_instances=found)])
    picture = dict(img_path=str(next(crowd.glob('val/*.jpg'))))
    told, (result, ) = gallery._column('some', Config(), '', [picture])
    assert told == title
    assert [person.score for person in result] == scores


@pytest.mark.slow
def test_a_run_goes_on_where_it_was_stopped(comparison, finished, monkeypatch):
    results = read(finished, 'results')
    cid = next(name for name in results['tested'] if name.startswith('cid'))
    del results['tested'][cid]  # stopped before the last test
    (finished.out / 'results.json').write_text(json.dumps(results))

    runs = comparison.runs.Runs(finished.base, finished.out)
    launched = []
    launch = runs._launch
    monkeypatch.setattr(
        runs, '_launch',
        lambda script, *rest: [launched.append(script),
                               launch(script, *rest)])
    assert run(comparison, runs) == finished.report
    assert launched == ['test.py']


def test_a_folder_of_another_base_is_left_alone(comparison, crowd, finished):
    base = comparison.command.load_base(
        arguments(crowd, **{'train_cfg.max_epochs': 2}))
    with pytest.raises(
            ValueError,
            match=r'--out .* train_cfg\.max_epochs is 1, and here 2$'):
        comparison.runs.Runs(base, finished.out)


def test_the_bases_randomness_is_kept_but_for_the_seed(comparison, crowd):
    base = comparison.command.load_base(
        arguments(crowd, **{
            'randomness.seed': 7,
            'randomness.deterministic': True
        }))
    for seeds, trained in ((None, [7]), ([2, 0, 2], [2, 0])):
        cfgs = comparison.seeds.give_seeds(base, seeds)
        assert [cfg.randomness for cfg in cfgs] == \
            [dict(seed=seed, deterministic=True) for seed in trained]
    base.pop('randomness')
    cfg, = comparison.seeds.give_seeds(base)
    assert cfg.randomness == dict(seed=0)


@pytest.mark.slow
def test_a_failed_training_shows_its_error(comparison, finished, tmp_path):
    cfg = Config(finished.base.to_dict())
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
