"""The learned graph is read from a checkpoint and drawn with its names."""
import cv2
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from mmengine.config import Config
from payloads import in_the_meta

from mmpose_pinet.codecs.skeletons import SKELETONS

SCRIPT = 'analysis_tools/plot_graph.py'
ADJACENCY = 'head.refinement.adjacency'


def save(path, state_dict, **meta):
    torch.save(dict(state_dict=state_dict, meta=meta), path)
    return str(path)


def start_of(links, K):
    """D^-1/2 (A + I) D^-1/2, entry by entry."""
    neighbours = [{k} for k in range(K)]  # each joint is its own
    for a, b in links:
        neighbours[a].add(b)
        neighbours[b].add(a)
    return [[
        (len(neighbours[a]) * len(neighbours[b]))**-0.5 * (b in neighbours[a])
        for b in range(K)
    ] for a in range(K)]


@pytest.mark.parametrize('skeleton, K', [('coco', 17), ('crowdpose', 14)])
def test_a_converted_checkpoint_has_the_releases_skeleton(
        tool, tmp_path, skeleton, K):
    torch.manual_seed(0)
    adjacency = torch.rand(K, K)
    path = save(tmp_path / 'a.pth', {ADJACENCY: adjacency})
    graph = tool['read_graph'](path)
    assert torch.equal(graph.learned, adjacency)
    np.testing.assert_allclose(
        graph.skeleton, start_of(SKELETONS[skeleton], K), rtol=1e-6)
    assert 'left shoulder' in graph.names


# A skeleton of one's own


def test_a_checkpoint_says_itself_what_its_skeleton_is(tool, tmp_path,
                                                       nine_keypoints):
    """As MMEngine saves it: the config's text, and the dataset's meta."""
    names = {k: f'joint_{k}' for k in range(9)}
    path = save(
        tmp_path / 'a.pth', {ADJACENCY: torch.eye(9)},
        cfg=Config.fromfile(nine_keypoints.config).pretty_text,
        dataset_meta=dict(keypoint_id2name=names))
    graph = tool['read_graph'](path)
    np.testing.assert_allclose(
        graph.skeleton, start_of(nine_keypoints.links, 9), rtol=1e-6)
    assert graph.names == [f'joint {k}' for k in range(9)]


def test_a_config_can_be_given(start, tmp_path, nine_keypoints):
    path = save(tmp_path / 'a.pth', {ADJACENCY: torch.eye(9)})
    out = tmp_path / 'graph.png'
    done = start(path, '--config', nine_keypoints.config, '--out', out)
    assert done.returncode == 0, done.stderr
    assert cv2.imread(str(out)).shape == (600, 1200, 3)
    # from the identity to the skeleton's, on the diagonal and along links
    adjacency = np.array(start_of(nine_keypoints.links, 9))
    change = np.abs(adjacency - np.eye(9))[adjacency > 0].mean()
    assert f'mean change of {change:.3f}' in done.stdout


def test_without_either_it_says_what_to_pass(tool, tmp_path):
    path = save(tmp_path / 'a.pth', {ADJACENCY: torch.eye(9)})
    with pytest.raises(ValueError, match='9 keypoints .* --config'):
        tool['read_graph'](path)


def test_a_config_of_other_people_is_refused(tool, tmp_path, nine_keypoints):
    path = save(tmp_path / 'a.pth', {ADJACENCY: torch.eye(8)})
    with pytest.raises(ValueError, match='has 9 .*num_keypoints=8'):
        tool['read_graph'](path, nine_keypoints.config)


def test_the_config_in_a_checkpoint_is_never_run(tool, tmp_path):
    written = tmp_path / 'written'
    skeleton = f"open({str(written)!r}, 'w')"
    path = save(
        tmp_path / 'a.pth', {ADJACENCY: torch.eye(9)},
        cfg=f'model = dict(head=dict(refinement=dict(skeleton={skeleton})))')
    with pytest.raises(ValueError, match='as --config'):
        tool['read_graph'](path)
    assert not written.exists()


# The picture and the command


def test_the_picture_names_the_joints(tool, tmp_path, monkeypatch):
    monkeypatch.setattr(plt, 'close', lambda figure: None)
    torch.manual_seed(0)
    graph = tool['Graph'](torch.randn(3, 3), torch.eye(3),
                          ['nose', 'neck', 'hip'])
    tool['plot'](graph, str(tmp_path / 'graph.png'))
    left, right = plt.gcf().axes[:2]
    monkeypatch.undo()
    plt.close('all')
    np.testing.assert_array_equal(left.images[0].get_array(), graph.skeleton)
    np.testing.assert_array_equal(right.images[0].get_array(), graph.learned)
    for axes in (left, right):
        names = [text.get_text() for text in axes.get_xticklabels()]
        assert names == graph.names
    # white is nothing, in both
    assert left.images[0].get_clim() == right.images[0].get_clim()
    assert sum(left.images[0].get_clim()) == 0


def test_a_model_without_refinement_is_refused(tool, tmp_path):
    path = save(tmp_path / 'a.pth', {'head.point_layer.bias': torch.zeros(20)})
    with pytest.raises(ValueError, match='without PoseRefinement'):
        tool['read_graph'](path)


@pytest.mark.parametrize('content', [None, b'# no checkpoint'])
def test_no_checkpoint_is_named_in_one_line(start, tmp_path, content):
    path = tmp_path / 'a.pth'
    if content is not None:
        path.write_bytes(content)
    done = start(path)
    assert done.returncode == 2
    assert f'plot_graph.py: {path} is ' in done.stderr.splitlines()[-1]
    assert 'Traceback' not in done.stderr


# Hostile files


def test_a_payload_does_not_run(tool, tmp_path):
    in_the_meta(tmp_path / 'a.pth', tmp_path / 'ran')
    with pytest.raises(ValueError, match='a.pth is refused: it names'):
        tool['read_graph'](str(tmp_path / 'a.pth'))
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('name',
                         ['$\\frac{', '$$', '\\input{a}', 'a\x00\x1b[2J'])
def test_names_of_joints_are_drawn_as_they_are(tool, tmp_path, name):
    names = {k: f'{name}{k}' for k in range(17)}
    path = save(
        tmp_path / 'a.pth', {ADJACENCY: torch.eye(17)},
        dataset_meta=dict(keypoint_id2name=names))
    tool['plot'](tool['read_graph'](path), str(tmp_path / 'graph.png'))
    assert {p.name for p in tmp_path.iterdir()} == {'a.pth', 'graph.png'}


@pytest.mark.parametrize('names', [
    None, 'a' * 17, ['a'] * 17, {
        str(k): 'a'
        for k in range(17)
    }, {
        k: 1
        for k in range(17)
    }
])
def test_other_names_have_no_say(tool, tmp_path, names):
    path = save(
        tmp_path / 'a.pth', {ADJACENCY: torch.eye(17)},
        dataset_meta=dict(keypoint_id2name=names))
    assert 'left shoulder' in tool['read_graph'](path).names


@pytest.mark.parametrize('content, error', [
    (dict(state_dict=[]), 'must be dicts'),
    (dict(state_dict={ADJACENCY: torch.eye(17)}, meta=[1]), 'must be dicts'),
    (dict(state_dict={ADJACENCY: 1}), r'no matrix \(K, K\)'),
    (dict(state_dict={ADJACENCY: torch.ones(2, 3)}), r'no matrix \(K, K\)'),
])
def test_a_damaged_file_is_named(tool, tmp_path, content, error):
    torch.save(content, tmp_path / 'a.pth')
    with pytest.raises(ValueError, match=f'a.pth: .*{error}'):
        tool['read_graph'](str(tmp_path / 'a.pth'))


@pytest.mark.parametrize('text', ['(' * 10000, 'model = ' + '-' * 10000 + '1'])
def test_a_config_that_is_nested_without_end(tool, tmp_path, text):
    path = save(tmp_path / 'a.pth', {ADJACENCY: torch.eye(9)}, cfg=text)
    with pytest.raises(ValueError, match='as --config'):
        tool['read_graph'](path)
