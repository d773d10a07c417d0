"""An exported file is tested from the command line."""
import pytest
from random_weights import TINY

from mmpose_pinet.datasets.drawn import draw_crowd

SCRIPT = 'deployment/test_exported.py'


@pytest.fixture(scope='module')
def options(tmp_path_factory):
    folder = tmp_path_factory.mktemp('crowd')
    draw_crowd(folder, 2, num_workers=1)
    dataset = 'test_dataloader.dataset'
    return [
        '--cfg-options', f'{dataset}.data_root={folder}',
        f'{dataset}.ann_file=annotations/train.json',
        f'{dataset}.data_prefix.img=train/'
    ]


def test_metrics_are_printed(start, exported, options):
    pytest.importorskip('onnxruntime')
    run = start(TINY.stem, exported, '--engine', 'onnxruntime', '--threads', 1,
                *options)
    assert run.returncode == 0, run.stderr
    metrics = dict(
        line.split(': ') for line in run.stdout.splitlines()
        if line.startswith('coco/'))
    assert 0 <= float(metrics['coco/AP']) < .5  # random weights


def test_a_missing_file_is_an_error_of_one_line(start, options):
    run = start(TINY.stem, 'none.onnx', *options)
    assert run.returncode == 2
    assert run.stderr.splitlines()[-1].endswith(': none.onnx is no file')
    assert 'Traceback' not in run.stderr
