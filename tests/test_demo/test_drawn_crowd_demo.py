"""The demo end to end, in small: drawn, trained, evaluated, shown."""
import json

import cv2
import pytest


def run(server, folder, data, *options):
    return server.run(
        'demo/drawn_crowd_demo.py',
        '--work-dir',
        folder / 'work',
        '--data-root',
        data,
        '--num-train',
        8,
        '--num-val',
        4,
        '--cfg-options',
        'train_dataloader.batch_size=4',
        'train_cfg.max_epochs=1',
        *options,
        cwd=folder)


@pytest.fixture(scope='module')
def demo(tmp_path_factory, server):
    """The folder that a demo of a few steps leaves, and what it prints."""
    folder = tmp_path_factory.mktemp('demo')
    done = run(server, folder, folder / 'data',
               'default_hooks.logger.interval=1')
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done.stdout, done.stderr


def test_it_measures_three_variants(demo):
    folder, printed, _ = demo
    table = json.loads((folder / 'work/metrics.json').read_text())
    assert list(table) == ['PPG', 'PPG + PR', 'PPG + PR + PF']
    for row in table.values():
        assert list(row) == [
            'AP', 'AP50', 'AP75', 'AP easy', 'AP medium', 'AP hard'
        ]
        assert all(-1 <= value <= 1 for value in row.values())
    last = printed.strip().splitlines()
    rows = [line for line in last[-8:] if line.startswith('PPG')]
    assert len(rows) == 3
    assert max(map(len, rows)) < 100


def test_it_shows_truth_beside_prediction(demo):
    folder, *_ = demo
    picture = cv2.imread(str(folder / 'work/predictions.png'))
    # pairs of 256 px images, twice as large, with a margin
    assert picture.shape == (2 * (512 + 16), 2 * (2 * 512 + 16), 3)


def test_its_log_is_calm(demo):
    """A line for each stage; all that MMEngine says is in the log file."""
    folder, printed, progress = demo
    log = (folder / 'work/demo.log').read_text()
    for noise in ('Average Precision', 'mmengine - INFO', 'Epoch('):
        assert noise not in printed + progress
        assert noise in log
    stages = [
        line.split('\r')[-1].split()[0] for line in progress.splitlines()
        if '100%' in line
    ]
    assert stages == ['drawing'] * 2 + ['training'] + ['evaluating'] * 3
    assert 'loss' in progress
    assert len(printed.splitlines()) < 12
    assert printed.splitlines()[-1].endswith('demo.log')


@pytest.mark.slow
def test_a_failed_training_shows_its_error_and_where_the_rest_is(
        demo, tmp_path, server):
    data = demo[0] / 'data'
    done = run(server, tmp_path, data, 'model.head.num_keypoints=16')
    assert done.returncode != 0
    assert 'num_keypoints=16' in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith('Training failed') and last.endswith('demo.log')
