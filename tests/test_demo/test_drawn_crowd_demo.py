"""The demo end to end, in small: drawn, trained, evaluated, shown."""
import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    """The folder that a demo of a few steps leaves, and what it prints."""
    folder = tmp_path_factory.mktemp('demo')
    done = subprocess.run([
        sys.executable, ROOT / 'demo/drawn_crowd_demo.py', '--work-dir',
        folder / 'work', '--data-root', folder / 'data', '--num-train', '8',
        '--num-val', '4', '--cfg-options', 'train_dataloader.batch_size=4',
        'train_cfg.max_epochs=1', 'train_cfg.val_interval=1'
    ],
                          capture_output=True,
                          text=True,
                          cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done.stdout


def test_it_measures_three_variants(demo):
    folder, printed = demo
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
    folder, _ = demo
    picture = cv2.imread(str(folder / 'work/predictions.png'))
    # pairs of 256 px images, twice as large, with a margin
    assert picture.shape == (2 * (512 + 16), 2 * (2 * 512 + 16), 3)
