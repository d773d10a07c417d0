"""The release's checkpoints become MMPose's: loaded strictly, and with
enough about the dataset for the inferencer."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import mmpose_pinet  # noqa: F401  registers the components

CONFIGS = Path(__file__).resolve().parents[3] / 'configs/pinet'
SCRIPT = 'model_converters/official_to_mmpose.py'


def conv(name, *shape):
    return {
        f'{name}.weight': torch.randn(shape) / 10,
        f'{name}.bias': torch.randn(shape[0])
    }


def batch_norm(name, channels):
    return {
        f'{name}.weight': torch.rand(channels) + 0.5,
        f'{name}.bias': torch.randn(channels),
        f'{name}.running_mean': torch.randn(channels),
        f'{name}.running_var': torch.rand(channels) + 0.5,
        f'{name}.num_batches_tracked': torch.tensor(7)
    }


def official_heads(K, S, C, num_layers):
    """Random weights under the release's names and in its shapes."""
    torch.manual_seed(0)
    state = {
        **conv('ppg.heatmap_head', K, C, 1, 1),
        **conv('ppg.detkptmap_head', S, C, 1, 1),
        **conv('ppg.offset_head', S * K * 2, C, 1, 1), 'pr.adj':
        torch.rand(K, K) / K,
        **conv('pr.gconv_pred.0', C, 3 * C, 1),
        **batch_norm('pr.gconv_pred.1', C),
        **conv('pr.gconv_pred.3', 2 * K, C, 1)
    }
    blocks = [
        f'pr.gconv_layers.{i}.gconv{j}' for i in range(num_layers)
        for j in (1, 2)
    ]
    for name in ['pr.gconv_head', *blocks]:
        state.update(conv(f'{name}.conv', C, C))
        state.update(batch_norm(f'{name}.bn', C))
    return state


def build(config):
    init_default_scope('mmpose')
    return MODELS.build(Config.fromfile(CONFIGS / config).model)


def official_model(config, C):
    """All of the release's model that a config of ours describes."""
    model = build(config)
    heads = official_heads(
        model.head.num_keypoints,
        model.head.decoder.num_parts,
        C,
        num_layers=len(model.head.refinement.blocks))
    backbone = {
        f'backbone.{name}': value
        for name, value in model.backbone.state_dict().items()
    }
    return {**backbone, **heads}


def bare(state):
    return state


def wrapped(state):
    return dict(state_dict=state, epoch=139)


def of_data_parallel(state):
    return wrapped({f'module.{name}': value for name, value in state.items()})


@pytest.mark.parametrize('config, K', [
    ('pinet_hrnet-w32_ochuman.py', 17),
    ('pinet_hrnet-w32_coco.py', 17),
    ('pinet_hrnet-w32_crowdpose.py', 14),
])
def test_a_whole_hrnet_w32_loads_strictly(tool, tmp_path, config, K):
    official = official_model(config, 480)
    torch.save(of_data_parallel(official), tmp_path / 'official.pth')
    converted = tool['convert'](tmp_path / 'official.pth',
                                tmp_path / 'mmpose.pth')

    model = build(config)
    model.load_state_dict(converted['state_dict'], strict=True)
    name = 'backbone.stage4.2.fuse_layers.0.3.0.weight'
    assert torch.equal(model.state_dict()[name], official[name])
    assert torch.equal(model.head.refinement.adjacency, official['pr.adj'])
    meta = converted['meta']['dataset_meta']
    assert meta['dataset_name'] == {17: 'coco', 14: 'crowdpose'}[K]
    assert meta['num_keypoints'] == K


@pytest.mark.parametrize('wrap', [bare, wrapped, of_data_parallel])
def test_wrapping_changes_nothing(tool, tmp_path, wrap):
    heads = official_heads(14, 3, 8, 2)
    src, dst = tmp_path / 'official.pth', tmp_path / 'new/mmpose.pth'
    torch.save(wrap(heads), src)
    tool['convert'](src, dst)
    written = torch.load(dst)['state_dict']
    assert torch.equal(written['head.point_layer.bias'][:14],
                       heads['ppg.heatmap_head.bias'])
    assert torch.equal(written['head.displacement_layer.bias'],
                       -heads['ppg.offset_head.bias'])
    assert all(name.startswith('head.') for name in written)


def test_the_inferencer_works_with_the_result(start, tmp_path):
    config = 'pinet_hrnet-tiny_drawn-crowd.py'
    official = official_model(config, 240)
    official['ppg.detkptmap_head.bias'].fill_(3.)  # so that it finds somebody
    official['ppg.heatmap_head.bias'].fill_(3.)
    src, dst = tmp_path / 'official.pth', tmp_path / 'mmpose.pth'
    torch.save(official, src)
    done = start(src, dst)
    assert done.returncode == 0, done.stderr
    assert '17 keypoints of coco' in done.stdout

    # imports MMPose's models, which mmpose_pinet makes importable
    from mmpose.apis import MMPoseInferencer
    inferencer = MMPoseInferencer(
        pose2d=str(CONFIGS / config), pose2d_weights=str(dst), device='cpu')
    model = inferencer.inferencer.model
    assert model.dataset_meta['keypoint_id2name'][16] == 'right_ankle'
    picture = np.random.default_rng(0).integers(0, 255, (96, 128, 3), 'uint8')
    result = next(inferencer(picture, return_vis=True))
    assert len(result['predictions'][0][0]['keypoints']) == 17
    assert result['visualization'][0].shape == picture.shape


class Anything:
    """What a pickle may hold, and weights may not."""


BROKEN = {
    'a pickle of code': (Anything(), 'no PyTorch checkpoint of tensors'),
    'a list': ([torch.zeros(1)], 'it holds list'),
    'no weights': ({}, 'it holds dict'),
    'a dict of something': (dict(epoch=3), "'epoch' is int"),
    "another model's":
    (dict(conv('backbone.conv1', 4, 3),
          **conv('head.final_layer', 4,
                 3)), "'head.final_layer.weight' is no name"),
    'a backbone alone': (conv('backbone.conv1', 4,
                              3), "no 'ppg.heatmap_head.weight'"),
    'hands': (official_heads(21, 3, 8, 1), 'no skeleton has 21 keypoints'),
}


@pytest.mark.parametrize('content, error', BROKEN.values(), ids=BROKEN)
def test_other_files_are_refused(tool, tmp_path, content, error):
    path = tmp_path / 'other.pth'
    torch.save(content, path)
    with pytest.raises(ValueError, match=error) as raised:
        tool['convert'](str(path), str(tmp_path / 'mmpose.pth'))
    assert str(path) in str(raised.value)
    assert not (tmp_path / 'mmpose.pth').exists()


@pytest.mark.parametrize(
    'content',
    [b'', b'text in a file', b'PK\x03\x04 a zip', b'\xff\xd8 a jpeg'])
def test_a_file_that_is_no_checkpoint_is_refused(tool, tmp_path, content):
    path = tmp_path / 'other.pth'
    path.write_bytes(content)
    with pytest.raises(ValueError, match='no PyTorch checkpoint'):
        tool['convert'](str(path), str(tmp_path / 'mmpose.pth'))


def test_the_command_ends_in_one_clear_line(start, tmp_path):
    done = start(tmp_path / 'none.pth', tmp_path / 'out.pth')
    assert done.returncode == 1
    assert 'none.pth' in done.stderr and 'Traceback' not in done.stderr
