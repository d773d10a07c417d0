"""Deformable convolutions and their gradients are those of plain loops."""
import numpy as np
import pytest
import torch
from loops import read
from mmcv.cnn import build_conv_layer
from mmcv.ops import deform_conv2d, modulated_deform_conv2d
from stand_in import needs_lite
from torch.autograd import gradcheck
from torch.nn.functional import conv2d

pytestmark = needs_lite

# stride, padding, dilation, groups, deform_groups; pairs are of y and x
GEOMETRIES = {
    'plain': (1, 1, 1, 1, 1),
    'uneven': ((2, 1), (0, 2), (1, 2), 2, 1),
    'as DEKR': (1, 1, 1, 2, 2),
    'groups that differ': (1, (1, 0), 1, 1, 4),
}
BATCH, CHANNELS, OUTPUTS, KERNEL, SIZE = 2, 4, 6, (3, 2), (6, 7)


def convolve_by_loop(input, offset, mask, weight, stride, padding, dilation,
                     groups, deform_groups):
    (sy, sx), (py, px), (dy, dx) = (
        pair if isinstance(pair, tuple) else (pair, pair)
        for pair in (stride, padding, dilation))
    output = np.zeros((len(input), len(weight), *offset.shape[2:]))
    kh, kw = weight.shape[2:]
    inputs_a_group = weight.shape[1]
    for n, o, h, w in np.ndindex(output.shape):
        for c, i, j in np.ndindex(weight.shape[1:]):
            group = o * groups // len(weight)
            channel = group * inputs_a_group + c
            mover = channel * deform_groups // input.shape[1]
            cell = (mover * kh + i) * kw + j
            y = h * sy - py + i * dy + offset[n, 2 * cell, h, w]
            x = w * sx - px + j * dx + offset[n, 2 * cell + 1, h, w]
            output[n, o, h, w] += (
                weight[o, c, i, j] * mask[n, cell, h, w] *
                read(input[n, channel], y, x))
    return output


def operands(geometry):
    """Features, offsets of some cells, masks and weights."""
    generator = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.double)

    input = normal(BATCH, CHANNELS, *SIZE)
    weight = normal(OUTPUTS, CHANNELS // geometry[3], *KERNEL)
    size = conv2d(input, weight, None, *geometry[:4]).shape[2:]
    cells = geometry[4] * KERNEL[0] * KERNEL[1]
    return (input, 2 * normal(BATCH, 2 * cells, *size),
            normal(BATCH, cells, *size).sigmoid(), weight, normal(OUTPUTS))


@pytest.fixture(params=GEOMETRIES)
def geometry(request):
    return GEOMETRIES[request.param]


def test_a_convolution_is_that_of_a_loop(geometry):
    input, offset, mask, weight, _ = operands(geometry)
    output = deform_conv2d(input, offset, weight, *geometry)
    expected = convolve_by_loop(
        *(t.numpy() for t in (input, offset, torch.ones_like(mask), weight)),
        *geometry)
    np.testing.assert_allclose(output, expected, atol=1e-9)


@pytest.mark.parametrize('with_bias', [False, True])
def test_a_modulated_convolution_is_that_of_a_loop(geometry, with_bias):
    *tensors, bias = operands(geometry)
    output = modulated_deform_conv2d(*tensors, bias if with_bias else None,
                                     *geometry)
    expected = convolve_by_loop(*(t.numpy() for t in tensors), *geometry)
    if with_bias:
        expected += bias.numpy()[:, None, None]
    np.testing.assert_allclose(output, expected, atol=1e-9)


def test_gradients(geometry):
    input, offset, mask, weight, bias = (
        tensor.requires_grad_() for tensor in operands(geometry))
    options = dict(fast_mode=True)
    assert gradcheck(lambda *inputs: deform_conv2d(*inputs, *geometry),
                     (input, offset, weight), **options)
    assert gradcheck(
        lambda *inputs: modulated_deform_conv2d(*inputs, *geometry),
        (input, offset, mask, weight, bias), **options)
    assert gradcheck(
        lambda *inputs: modulated_deform_conv2d(*inputs, None, *geometry),
        (input, offset, mask, weight), **options)


@pytest.mark.parametrize('needed', range(3))
def test_gradients_of_a_part_alone(needed):
    """The wrapper asks for weights, and for the rest, in calls of their
    own."""
    whole = [t.requires_grad_() for t in operands(GEOMETRIES['plain'])]
    whole = [whole[0], whole[1], whole[3]]
    deform_conv2d(*whole, *GEOMETRIES['plain']).square().sum().backward()
    part = [tensor.detach().clone() for tensor in whole]
    part[needed].requires_grad_()
    deform_conv2d(*part, *GEOMETRIES['plain']).square().sum().backward()
    torch.testing.assert_close(part[needed].grad, whole[needed].grad)


@pytest.mark.parametrize('kind', ['DCN', 'DCNv2'])
def test_a_layer_that_does_not_deform_yet_is_a_convolution(kind):
    """mmcv's layers start with offsets of 0, and masks of a half."""
    torch.manual_seed(0)
    layer = build_conv_layer(dict(type=kind), 4, 6, 3, padding=1, bias=False)
    features = torch.randn(2, 4, 5, 6, requires_grad=True)
    expected = conv2d(features, layer.weight, padding=1)
    output = layer(features)
    torch.testing.assert_close(output,
                               expected if kind == 'DCN' else expected / 2)
    output.sum().backward()
    assert layer.weight.grad.any() and layer.conv_offset.weight.grad.any()


def test_any_memory_format():
    tensors = operands(GEOMETRIES['as DEKR'])
    last = (
        t.to(memory_format=torch.channels_last) if t.dim() == 4 else t
        for t in tensors)
    torch.testing.assert_close(
        modulated_deform_conv2d(*last, *GEOMETRIES['as DEKR']),
        modulated_deform_conv2d(*tensors, *GEOMETRIES['as DEKR']))


def test_half_precision_reads_where_full_precision_does():
    """On a map so wide that its cells are not numbers of half precision."""
    torch.manual_seed(0)
    halves = [
        torch.randn(1, 1, 3, 600).bfloat16(),
        torch.full((1, 2, 3, 600), 0.25).bfloat16(),
        torch.ones(1, 1, 1, 1).bfloat16()
    ]
    full = [tensor.float().requires_grad_() for tensor in halves]
    halves = [tensor.requires_grad_() for tensor in halves]
    expected = deform_conv2d(*full)
    output = deform_conv2d(*halves)
    torch.testing.assert_close(output, expected.bfloat16())
    output.sum().backward()
    expected.sum().backward()
    for half, tensor in zip(halves, full):
        torch.testing.assert_close(half.grad, tensor.grad.bfloat16())
