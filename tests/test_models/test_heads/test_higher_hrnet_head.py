"""HigherHRNet: what the second resolution adds."""
import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import DefaultScope
from test_ae_head import C, K, build, features


@pytest.fixture
def head():
    with DefaultScope.overwrite_default_scope('mmpose'):
        return build('HigherHRNetHead', num_blocks=2).eval()


def test_maps_have_two_resolutions(head):
    (coarse, fine), tags = head.predict_maps(features())
    assert coarse.shape == tags.shape == (3, K, 24, 32)
    assert fine.shape == (3, K, 48, 64)


def test_the_fine_level_is_as_published():
    """A deconvolution to 32 channels, and four residual blocks."""
    with DefaultScope.overwrite_default_scope('mmpose'):
        layers = build('HigherHRNetHead').fine_layers
    assert [type(layer).__name__ for layer in layers] == \
        ['ConvTranspose2d', 'BatchNorm2d', 'ReLU'] + ['BasicBlock'] * 4
    assert layers[0].weight.shape == (C + 2 * K, 32, 4, 4)


def test_a_test_averages_heatmaps_and_takes_the_coarse_tags(head):
    (coarse, fine), tags = head.predict_maps(features())
    heatmaps, merged_tags = head(features())
    double = dict(scale_factor=2, mode='bilinear')
    torch.testing.assert_close(heatmaps,
                               (F.interpolate(coarse, **double) + fine) / 2)
    torch.testing.assert_close(merged_tags, F.interpolate(tags, **double))


@pytest.mark.parametrize('channel', [0, C, C + K])
def test_the_fine_level_sees_features_heatmaps_and_tags(head, channel):
    deconvolution = head.fine_layers[0]
    before = head.predict_maps(features())[0][1]
    with torch.no_grad():
        deconvolution.weight[channel] += 1
    assert not torch.allclose(head.predict_maps(features())[0][1], before)


def test_weights_of_a_run_come_back(head):
    """MMPose's heatmap heads rename layers of old checkpoints."""
    plain = dict(head.state_dict().items())  # without versions
    with DefaultScope.overwrite_default_scope('mmpose'):
        other = build('HigherHRNetHead', num_blocks=2)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    other.load_state_dict(plain)
    for name, value in other.state_dict().items():
        assert torch.equal(value, plain[name])
