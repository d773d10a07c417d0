"""Convolution of several maps against one of their concatenation."""
import pytest
import torch
import torch.nn.functional as F
from mmpose.models.necks import FeatureMapProcessor

from mmpose_pinet.models.layers.pyramid_conv import PyramidConv


def draw_levels(sizes, channels):
    torch.manual_seed(0)
    return [
        torch.randn(2, c, h, w, dtype=torch.double, requires_grad=True)
        for c, (w, h) in zip(channels, sizes)
    ]


@pytest.mark.parametrize('sizes', [
    [(24, 16), (12, 8), (6, 4)],
    [(11, 13), (5, 7), (1, 1)],
])
def test_as_if_resized_and_concatenated(sizes):
    """As MMPose's neck does it: values and all gradients."""
    levels = draw_levels(sizes, (3, 4, 5))
    conv = PyramidConv(12, 7).double()
    given = conv(levels)
    whole, = FeatureMapProcessor(concat=True)(levels)
    expected = F.conv2d(whole, conv.weight, conv.bias)
    torch.testing.assert_close(given, expected)

    upstream = torch.randn_like(given)
    tensors = [*levels, conv.weight, conv.bias]
    for gradient, gradient_expected in zip(
            torch.autograd.grad(given, tensors, upstream),
            torch.autograd.grad(expected, tensors, upstream)):
        torch.testing.assert_close(gradient, gradient_expected)


def test_the_last_map_alone_if_it_has_all_channels():
    """What a neck concatenated, or a backbone whose last map is meant."""
    levels = draw_levels([(4, 4), (8, 8)], (3, 12))
    conv = PyramidConv(12, 7).double()
    torch.testing.assert_close(
        conv(levels), F.conv2d(levels[1], conv.weight, conv.bias))


def test_the_first_must_be_the_finest():
    levels = draw_levels([(4, 4), (8, 4)], (8, 4))
    with pytest.raises(ValueError, match='put the finest first'):
        PyramidConv(12, 7).double()(levels)


def test_other_channels_are_refused():
    levels = draw_levels([(4, 4), (2, 2)], (3, 4))
    with pytest.raises(
            ValueError, match=r'in_channels=12, but .* \[3, 4\] channels'):
        PyramidConv(12, 7).double()(levels)
