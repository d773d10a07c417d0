"""The release's checkpoints become MMPose's: loaded strictly, and with
enough about the dataset for the inferencer."""
from pathlib import Path

import numpy as np
import official
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpose.apis import MMPoseInferencer
from mmpose.registry import MODELS

from mmpose_pinet.apis.convert import convert_file
from mmpose_pinet.converters import convert_for_model

CONFIGS = Path(__file__).resolve().parents[2] / 'configs/pinet'


def build(config):
    with DefaultScope.overwrite_default_scope('mmpose'):
        return MODELS.build(Config.fromfile(CONFIGS / config).model)


def bare(state):
    return state


def wrapped(state):
    return dict(state_dict=state, epoch=139)


def of_data_parallel(state):
    return wrapped({f'module.{name}': value for name, value in state.items()})


@pytest.mark.parametrize('config', [
    'pinet_hrnet-w32_ochuman', 'pinet_hrnet-w32_coco',
    'pinet_hrnet-w32_crowdpose'
])
def test_a_whole_hrnet_w32_fits_and_is_known(config):
    model = build(f'{config}.py')
    release = official.whole(model)
    converted = convert_for_model(release, model.state_dict())
    name = 'backbone.stage4.2.fuse_layers.0.3.0.weight'
    assert torch.equal(converted[name], release[name])
    with pytest.raises(ValueError, match=f"'{config}' fits"):
        convert_for_model(release, {})


@pytest.mark.parametrize('wrap', [bare, wrapped, of_data_parallel])
def test_wrapping_changes_nothing(tmp_path, wrap):
    heads = official.heads(14, 3, 8, 2)
    src, dst = tmp_path / 'official.pth', tmp_path / 'new/mmpose.pth'
    torch.save(wrap(heads), src)
    convert_file(str(src), str(dst))
    checkpoint = torch.load(dst)
    written = checkpoint['state_dict']
    assert torch.equal(written['head.point_layer.bias'][:14],
                       heads['ppg.heatmap_head.bias'])
    assert torch.equal(written['head.displacement_layer.bias'],
                       -heads['ppg.offset_head.bias'])
    assert all(name.startswith('head.') for name in written)
    meta = checkpoint['meta']['dataset_meta']
    assert meta['dataset_name'] == 'crowdpose'
    assert meta['num_keypoints'] == 14


def test_the_inferencer_works_with_the_result(tmp_path):
    config = 'pinet_hrnet-tiny_drawn-crowd.py'
    src, dst = tmp_path / 'official.pth', tmp_path / 'mmpose.pth'
    torch.save(official.whole(build(config)), src)
    convert_file(src, dst)
    inferencer = MMPoseInferencer(
        pose2d=str(CONFIGS / config), pose2d_weights=str(dst), device='cpu')
    model = inferencer.inferencer.model
    assert model.dataset_meta['keypoint_id2name'][16] == 'right_ankle'
    picture = np.random.default_rng(0).integers(0, 255, (96, 128, 3), 'uint8')
    result = next(inferencer(picture, return_vis=True))
    assert len(result['predictions'][0][0]['keypoints']) == 17
    assert result['visualization'][0].shape == picture.shape


BROKEN = {
    'no weights': ({}, 'it holds no weights'),
    'a dict of something': (dict(epoch=3), "'epoch' is int"),
    "another model's": (dict(
        official.conv('backbone.conv1', 4, 3),
        **official.conv('head.final_layer', 4,
                        3)), "'head.final_layer.weight' is no name"),
    'a backbone alone': (official.conv('backbone.conv1', 4,
                                       3), "no 'ppg.heatmap_head.weight'"),
    'hands': (official.heads(21, 3, 8, 1), 'no skeleton has 21 keypoints'),
}


@pytest.mark.parametrize('content, error', BROKEN.values(), ids=BROKEN)
def test_other_models_are_refused(tmp_path, content, error):
    path, out = tmp_path / 'other.pth', tmp_path / 'mmpose.pth'
    torch.save(content, path)
    with pytest.raises(ValueError, match=error) as raised:
        convert_file(path, out)
    assert str(path) in str(raised.value)
    assert not out.exists()


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / 'other.pth'
    path.write_bytes(b'\xff\xd8 a jpeg')
    with pytest.raises(ValueError, match='no PyTorch checkpoint'):
        convert_file(path, tmp_path / 'mmpose.pth')
