"""The stages of PINet, on a picture that the network sees as it is."""
import cv2
import numpy as np
import pytest
import torch
from random_weights import TINY, save_random_weights

from mmpose_pinet.apis import PINet
from mmpose_pinet.datasets.drawn import draw_image
from mmpose_pinet.models.layers import FeaturePyramid

SCRIPT = 'misc/visualize_stages.py'
THRESHOLD = .2


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('stages')
    image, _ = draw_image(np.random.default_rng(1), 256)
    cv2.imwrite(str(folder / 'a.png'), image)
    save_random_weights(folder / 'a.pth')
    return folder


@pytest.fixture(scope='module')
def model(tool, folder):
    return tool['open_model'](str(TINY), str(folder / 'a.pth'), THRESHOLD)


@pytest.fixture(scope='module')
def stages(tool, model, folder):
    return tool['find_stages'](model, str(folder / 'a.png'), THRESHOLD)


def test_the_picture_is_the_networks_input(stages, folder):
    np.testing.assert_array_equal(stages.image[..., ::-1],
                                  cv2.imread(str(folder / 'a.png')))


def test_coarse_poses_are_displacements_of_their_part_points(stages, model):
    """By the whole map of displacements, which PINet never makes."""
    network, head = model.model, model.model.head
    picture = torch.from_numpy(stages.image[..., ::-1].copy())
    batch = dict(inputs=[picture.permute(2, 0, 1)], data_samples=[])
    with torch.no_grad():
        features = network.extract_feat(
            network.data_preprocessor(batch)['inputs'])
        moves = FeaturePyramid(features).convolve(head.displacement_layer)
    moves = moves[0].unflatten(0, (3, 17, 2)).numpy()
    assert len(stages.points) > 3
    for part, point, pose in zip(stages.parts, stages.points, stages.coarse):
        x, y = (point / 4).astype(int)
        np.testing.assert_allclose(
            pose, point + 4 * moves[part, ..., y, x], atol=.01)


def test_refinement_moves_them_and_scores_choose_them(stages):
    assert stages.refined.shape == stages.coarse.shape
    assert np.abs(stages.refined - stages.coarse).max() > .1
    assert stages.scores.min() >= THRESHOLD


def test_persons_are_those_of_the_model(stages, folder):
    alone = PINet(TINY, folder / 'a.pth', 'cpu', THRESHOLD)
    alone.model.test_cfg.flip_test = False
    found = alone(folder / 'a.png')
    np.testing.assert_allclose(stages.fused, found.keypoints, atol=.01)


def test_the_model_is_left_as_it_was(stages, model):
    assert not {'generate', 'fuse'} & set(vars(model.model.head))


def test_the_picture_has_a_panel_for_each_stage(tool, stages):
    titles = [axes.get_title() for axes in tool['draw_stages'](stages).axes]
    candidates = len(stages.points)
    assert titles == [
        f'{candidates} part points, and scores of their poses',
        f'PPG: {candidates} coarse poses', f'PR: {candidates} refined poses',
        f'PF: {len(stages.fused)} persons'
    ]


def test_where_nobody_is_there_are_four_pictures(tool, stages):
    nobody = stages._replace(
        parts=stages.parts[:0],
        points=stages.points[:0],
        coarse=stages.coarse[:0],
        refined=stages.refined[:0],
        scores=stages.scores[:0],
        fused=stages.fused[:0])
    assert len(tool['draw_stages'](nobody).axes) == 4


def test_the_command(start, folder):
    out = folder / 'stages.png'
    done = start(TINY, folder / 'a.pth', folder / 'a.png', '--out', out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f'{out}: ')
    height, width = cv2.imread(str(out)).shape[:2]
    assert width == 1200 and height > 1200


def test_a_model_without_stages_is_refused(tool, folder, monkeypatch):
    monkeypatch.setitem(tool['open_model'].__globals__, 'PINetHead', str)
    with pytest.raises(ValueError, match='only PINetHead has these stages'):
        tool['open_model'](str(TINY), str(folder / 'a.pth'), THRESHOLD)
