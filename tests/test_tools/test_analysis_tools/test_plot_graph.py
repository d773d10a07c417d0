"""The learned graph is read from a checkpoint and drawn with its names."""
import runpy
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from mmpose_pinet.codecs.partitions import SKELETONS

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / 'tools/analysis_tools/plot_graph.py'
ADJACENCY = 'head.refinement.adjacency'


@pytest.fixture(scope='module')
def tool():
    return runpy.run_path(str(SCRIPT))


def save(path, state_dict):
    torch.save(dict(state_dict=state_dict, meta={}), path)
    return str(path)


@pytest.mark.parametrize('skeleton, K', [('coco', 17), ('crowdpose', 14)])
def test_the_graph_stands_beside_the_skeletons(tool, tmp_path, skeleton, K):
    torch.manual_seed(0)
    adjacency = torch.rand(K, K)
    path = save(tmp_path / 'a.pth', {ADJACENCY: adjacency})
    learned, start = tool['read_adjacencies'](path)
    assert torch.equal(learned, adjacency)

    neighbours = [{k} for k in range(K)]  # each joint is its own
    for a, b in SKELETONS[skeleton]:
        neighbours[a].add(b)
        neighbours[b].add(a)
    for a in range(K):
        for b in range(K):
            expected = 0.
            if b in neighbours[a]:
                expected = (len(neighbours[a]) * len(neighbours[b]))**-0.5
            assert start[a, b] == pytest.approx(expected)


def test_the_picture_names_the_joints(tool, tmp_path, monkeypatch):
    monkeypatch.setattr(plt, 'close', lambda figure: None)
    torch.manual_seed(0)
    learned, skeleton = torch.randn(14, 14), torch.eye(14)
    tool['plot'](learned, skeleton, str(tmp_path / 'graph.png'))
    left, right = plt.gcf().axes[:2]
    monkeypatch.undo()
    plt.close('all')
    np.testing.assert_array_equal(left.images[0].get_array(), skeleton)
    np.testing.assert_array_equal(right.images[0].get_array(), learned)
    for axes in (left, right):
        names = [text.get_text() for text in axes.get_xticklabels()]
        assert names[0] == 'left shoulder' and names[12:] == [
            'top head', 'neck'
        ]
    # white is nothing, in both
    assert left.images[0].get_clim() == right.images[0].get_clim()
    assert sum(left.images[0].get_clim()) == 0


def test_the_command(tmp_path):
    path = save(tmp_path / 'a.pth', {ADJACENCY: torch.eye(17)})
    out = tmp_path / 'graph.png'
    done = subprocess.run([sys.executable, SCRIPT, path, '--out', out],
                          capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    assert cv2.imread(str(out)).shape == (600, 1200, 3)
    assert 'mean change of' in done.stdout.splitlines()[-1]


def test_a_model_without_refinement_is_refused(tool, tmp_path):
    path = save(tmp_path / 'a.pth', {'head.point_layer.bias': torch.zeros(20)})
    with pytest.raises(ValueError, match='without PoseRefinement'):
        tool['read_adjacencies'](path)


@pytest.mark.parametrize('content', [None, b'# no checkpoint'])
def test_no_checkpoint_is_named(tmp_path, content):
    path = tmp_path / 'a.pth'
    if content is not None:
        path.write_bytes(content)
    done = subprocess.run([sys.executable, SCRIPT, path],
                          capture_output=True,
                          text=True)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith(f'{path}: ')
    assert 'Traceback' not in done.stderr
