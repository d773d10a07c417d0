"""Deformable convolution, behind ``mmcv.ops.deform_conv`` and
``mmcv.ops.modulated_deform_conv``.

In plain PyTorch, which on a CPU takes less than half the time of torchvision's
operator; its backward pass would also have to run twice for mmcv's wrappers.
"""
from typing import NamedTuple, Optional, Tuple

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from .gradients import gradients


class _Geometry(NamedTuple):
    """Of a convolution; pairs are of height and width, in cells."""
    stride: Tuple[int, int]
    padding: Tuple[int, int]
    dilation: Tuple[int, int]
    groups: int
    deform_groups: int


def deform_conv_forward(input: Tensor, weight: Tensor, offset: Tensor,
                        output: Tensor, columns: Tensor, ones: Tensor,
                        **how) -> None:
    """Convolve features read where offsets say (Deformable ConvNets).

    Args:
        input (Tensor): Features (B, C, H, W).
        weight (Tensor): Weights (O, C / groups, kh, kw).
        offset (Tensor): How far from its cell each is read, as y, x, in cells
            (B, deform_groups * kh * kw * 2, h, w).
        output (Tensor): Gets the result (B, O, h, w).
        columns (Tensor): A buffer, of no use here.
        ones (Tensor): Another one.
        how: Integers as ``dH``, ``dW`` for the stride, in :func:`_geometry`.
    """
    output.copy_(_convolve(_geometry(**how), input, offset, weight))


def deform_conv_backward_input(input: Tensor, offset: Tensor,
                               grad_output: Tensor, grad_input: Tensor,
                               grad_offset: Tensor, weight: Tensor,
                               columns: Tensor, **how) -> None:
    """Fill the gradients by features and offsets; see
    :func:`deform_conv_forward`. The one by weights comes of the same pass and
    waits in ``columns``, which mmcv hands on."""
    by_input, by_offset, by_weight = gradients(
        lambda *inputs: _convolve(_geometry(**how), *inputs),
        [input, offset, weight], grad_output)
    grad_input.copy_(by_input)
    grad_offset.copy_(by_offset)
    columns.resize_as_(by_weight).copy_(by_weight)


def deform_conv_backward_parameters(input: Tensor, offset: Tensor,
                                    grad_output: Tensor, grad_weight: Tensor,
                                    columns: Tensor, ones: Tensor,
                                    scale: float, **how) -> None:
    """Fill the gradient by weights, times ``scale``; see
    :func:`deform_conv_forward`."""
    if not columns.numel():  # nobody asked for the other gradients
        # A convolution is linear: this gradient is the same at any weights.
        columns, = gradients(
            lambda weight: _convolve(_geometry(**how), input, offset, weight),
            [grad_weight], grad_output)
    grad_weight.copy_(columns * scale)


def modulated_deform_conv_forward(input: Tensor, weight: Tensor, bias: Tensor,
                                  ones: Tensor, offset: Tensor, mask: Tensor,
                                  output: Tensor, columns: Tensor,
                                  kernel_h: int, kernel_w: int,
                                  with_bias: bool, **how) -> None:
    """Do the same with features weighed where they are read (v2).

    Args:
        bias (Tensor): Bias (O, ), if ``with_bias``.
        mask (Tensor): Weights (B, deform_groups * kh * kw, h, w).
        how: Integers ``stride_h``, ``stride_w`` and so on, those of
            :func:`_modulated_geometry`.

    The others are those of :func:`deform_conv_forward`.
    """
    output.copy_(
        _convolve(
            _modulated_geometry(**how), input, offset, weight, mask,
            bias if with_bias else None))


def modulated_deform_conv_backward(input: Tensor, weight: Tensor, bias: Tensor,
                                   ones: Tensor, offset: Tensor, mask: Tensor,
                                   columns: Tensor, grad_input: Tensor,
                                   grad_weight: Tensor, grad_bias: Tensor,
                                   grad_offset: Tensor, grad_mask: Tensor,
                                   grad_output: Tensor, kernel_h: int,
                                   kernel_w: int, with_bias: bool,
                                   **how) -> None:
    """Fill all gradients; see :func:`modulated_deform_conv_forward`."""
    inputs = [input, offset, weight, mask]
    filled = [grad_input, grad_offset, grad_weight, grad_mask]
    if with_bias:
        inputs.append(bias)
        filled.append(grad_bias)
    found = gradients(
        lambda *inputs: _convolve(_modulated_geometry(**how), *inputs), inputs,
        grad_output)
    for grad, value in zip(filled, found):
        grad.copy_(value)


def _geometry(kH: int, kW: int, dH: int, dW: int, padH: int, padW: int,
              dilationH: int, dilationW: int, group: int,
              deformable_group: int, im2col_step: int) -> _Geometry:
    return _Geometry((dH, dW), (padH, padW), (dilationH, dilationW), group,
                     deformable_group)


def _modulated_geometry(stride_h: int, stride_w: int, pad_h: int, pad_w: int,
                        dilation_h: int, dilation_w: int, group: int,
                        deformable_group: int) -> _Geometry:
    return _Geometry((stride_h, stride_w), (pad_h, pad_w),
                     (dilation_h, dilation_w), group, deformable_group)


def _convolve(geometry: _Geometry,
              input: Tensor,
              offset: Tensor,
              weight: Tensor,
              mask: Optional[Tensor] = None,
              bias: Optional[Tensor] = None) -> Tensor:
    """Result (B, O, h, w), in float32 for inputs in half precision, which is
    too coarse for positions."""
    precise = torch.promote_types(input.dtype, torch.float32)
    read = _read(geometry, input.to(precise), offset.to(precise),
                 weight.shape[2:])
    if mask is not None:
        read = read * mask.unflatten(1, (geometry.deform_groups, 1, -1))
    weight_rows = weight.to(precise).reshape(geometry.groups,
                                             len(weight) // geometry.groups,
                                             -1)
    columns = read.reshape(
        len(input), geometry.groups, weight_rows.shape[-1], -1)
    output = (weight_rows @ columns).reshape(
        len(input), len(weight), *offset.shape[2:])
    return output if bias is None else output + bias[:, None, None]


def _read(geometry: _Geometry, input: Tensor, offset: Tensor,
          kernel: Tuple[int, int]) -> Tensor:
    """Features where the cells of a kernel are moved to, 0 outside the map
    (B, deform_groups, C / deform_groups, kh * kw, h, w)."""
    height, width = input.shape[2:]
    rows, columns = (
        _cells(offset.shape[2 + axis], kernel[axis], geometry.stride[axis],
               geometry.padding[axis], geometry.dilation[axis]).to(offset)
        for axis in range(2))
    # groups of channels as images of their own
    moved = offset.reshape(
        len(input) * geometry.deform_groups, *kernel, 2, *offset.shape[2:])
    y = moved[:, :, :, 0] + rows[:, None, :, None]
    x = moved[:, :, :, 1] + columns[:, None, :]
    # grid_sample counts from -1 to 1, from border to border of the map
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], -1)
    read = grid_sample(
        input.reshape(len(moved), -1, height, width),
        grid.flatten(1, 3),
        align_corners=False)
    return read.reshape(
        len(input), geometry.deform_groups, read.shape[1],
        kernel[0] * kernel[1], *offset.shape[2:])


def _cells(length: int, kernel: int, stride: int, padding: int,
           dilation: int) -> Tensor:
    """Rows or columns that each cell of a kernel reads in a plain convolution
    (kernel, length)."""
    return (torch.arange(length) * stride - padding +
            torch.arange(kernel)[:, None] * dilation)
