"""The GPU's path of deformable attention, taken on a CPU."""
import numpy as np
import torch
from loops import read
from mmcv.ops.multi_scale_deform_attn import MultiScaleDeformableAttnFunction
from stand_in import needs_lite
from torch.autograd import gradcheck

pytestmark = needs_lite

SHAPES = [(4, 5), (2, 3)]
HEADS, CHANNELS, QUERIES, POINTS = 2, 3, 4, 2


def operands():
    """Values, points (some outside the image) and weights."""
    generator = torch.Generator().manual_seed(0)

    def uniform(*shape):
        return torch.rand(*shape, generator=generator, dtype=torch.double)

    cells = sum(h * w for h, w in SHAPES)
    where = 1, QUERIES, HEADS, len(SHAPES), POINTS
    return (uniform(1, cells, HEADS,
                    CHANNELS), 1.4 * uniform(*where, 2) - 0.2, uniform(*where))


def attend(value, locations, weights):
    shapes = torch.tensor(SHAPES)
    starts = torch.tensor([0, 20])
    return MultiScaleDeformableAttnFunction.apply(value, shapes, starts,
                                                  locations, weights, 64)


def test_sums_are_those_of_a_loop():
    value, locations, weights = operands()
    expected = np.zeros((QUERIES, HEADS, CHANNELS))
    maps = [
        level.reshape(*shape, HEADS, CHANNELS)
        for level, shape in zip(np.split(value[0].numpy(), [20]), SHAPES)
    ]
    for q, head, c, level, p in np.ndindex(QUERIES, HEADS, CHANNELS,
                                           len(SHAPES), POINTS):
        x, y = locations[0, q, head, level, p].tolist()
        height, width = SHAPES[level]
        expected[q, head, c] += weights[0, q, head, level, p] * read(
            maps[level][..., head, c], y * height - .5, x * width - .5)
    np.testing.assert_allclose(
        attend(value, locations, weights)[0], expected.reshape(QUERIES, -1))


def test_gradients():
    assert gradcheck(attend,
                     [tensor.requires_grad_() for tensor in operands()])


def test_half_precision_stays_half_precision():
    value, locations, weights = operands()
    value = value.bfloat16().requires_grad_()
    output = attend(value, locations, weights)
    assert output.dtype == torch.bfloat16
    output.sum().backward()
    assert value.grad.dtype == torch.bfloat16 and value.grad.any()
