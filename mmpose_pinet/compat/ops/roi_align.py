"""RoIAlign, behind ``mmcv.ops.roi_align``."""
from torch import Tensor
from torchvision.ops import roi_align

from .gradients import gradients
from .missing import missing_op

_AVERAGE = 1


def roi_align_forward(input: Tensor, rois: Tensor, output: Tensor,
                      argmax_y: Tensor, argmax_x: Tensor, **how) -> None:
    """Pool the features of regions, each a box, to one size.

    Args:
        input (Tensor): Features (B, C, H, W).
        rois (Tensor): Regions (R, 5): index of the image, x1, y1, x2, y2, in
            px of the image.
        output (Tensor): Gets the pooled features (R, C, h, w).
        argmax_y (Tensor): Of no use when averages are taken.
        argmax_x (Tensor): Alike.
        how: Integers ``aligned_height`` (h), ``aligned_width`` (w),
            ``sampling_ratio`` and ``pool_mode``; ``spatial_scale``, cells a
            px; ``aligned``, whether px and cells are areas, not points.

    Raises:
        ImportError: If ``pool_mode`` is 0: the maximum, not the average.
    """
    output.copy_(_pool(input, rois, **how))


def roi_align_backward(grad_output: Tensor, rois: Tensor, argmax_y: Tensor,
                       argmax_x: Tensor, grad_input: Tensor, **how) -> None:
    """Fill ``grad_input`` (B, C, H, W); see :func:`roi_align_forward`."""
    # Averages are linear: their gradient is the same at any features.
    grad, = gradients(lambda features: _pool(features, rois, **how),
                      [grad_input], grad_output)
    grad_input.copy_(grad)


def _pool(input: Tensor, rois: Tensor, aligned_height: int, aligned_width: int,
          spatial_scale: float, sampling_ratio: int, pool_mode: int,
          aligned: bool) -> Tensor:
    if pool_mode != _AVERAGE:
        raise missing_op("roi_align with pool_mode='max'")
    return roi_align(input, rois, (aligned_height, aligned_width),
                     spatial_scale, sampling_ratio, aligned)
