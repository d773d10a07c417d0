"""Multi-scale deformable attention on a GPU.

On a CPU, mmcv's layer takes a path in plain PyTorch, and on a GPU a compiled
op, for which this module takes the same path.
"""
import torch
from torch import Tensor

from .gradients import gradients


def ms_deform_attn_forward(value: Tensor, spatial_shapes: Tensor,
                           level_start_index: Tensor,
                           sampling_locations: Tensor,
                           attention_weights: Tensor,
                           im2col_step: int) -> Tensor:
    """Sum values at sampled points of several levels.

    Args:
        value (Tensor): Values (B, V, heads, C) of the cells of all levels.
        spatial_shapes (Tensor): Height and width (levels, 2), in cells.
        level_start_index (Tensor): Follows from ``spatial_shapes``.
        sampling_locations (Tensor): Points (B, Q, heads, levels, points, 2)
            as x, y; an image spans 0 to 1.
        attention_weights (Tensor): Their weights (B, Q, heads, levels,
            points).
        im2col_step (int): Of no use here: how many images at a time.

    Returns:
        Tensor: Sums (B, Q, heads * C).
    """
    return _attend(value, spatial_shapes, sampling_locations,
                   attention_weights)


def ms_deform_attn_backward(value: Tensor, spatial_shapes: Tensor,
                            level_start_index: Tensor,
                            sampling_locations: Tensor,
                            attention_weights: Tensor, grad_output: Tensor,
                            grad_value: Tensor, grad_sampling_loc: Tensor,
                            grad_attn_weight: Tensor,
                            im2col_step: int) -> None:
    """Fill the gradients by values, points and weights; see
    :func:`ms_deform_attn_forward`."""

    def attend(value, locations, weights):
        return _attend(value, spatial_shapes, locations, weights)

    inputs = value, sampling_locations, attention_weights
    filled = grad_value, grad_sampling_loc, grad_attn_weight
    for grad, found in zip(filled, gradients(attend, inputs, grad_output)):
        grad.copy_(found)


def _attend(value: Tensor, spatial_shapes: Tensor, locations: Tensor,
            weights: Tensor) -> Tensor:
    # not above: that module is being imported when it asks for this one
    from mmcv.ops.multi_scale_deform_attn import \
        multi_scale_deformable_attn_pytorch

    # half precision is too coarse for positions
    precise = torch.promote_types(value.dtype, torch.float32)
    output = multi_scale_deformable_attn_pytorch(
        value.to(precise), spatial_shapes.tolist(), locations.to(precise),
        weights.to(precise))
    return output.type_as(value)
