"""What mmcv's ops find as ``mmcv._ext`` where mmcv has no compiled ops.

It has the functions that the models of MMPose, and the detectors in front of
them, need: of the names, arguments and results that the wrappers in
``mmcv.ops`` expect. Every other name is there too, as the wrappers check on
import, and raises once it is called.
"""
from typing import Callable

from mmpose_pinet.compat.ops.attention import (  # noqa: F401
    ms_deform_attn_backward, ms_deform_attn_forward)
from mmpose_pinet.compat.ops.deform_conv import (  # noqa: F401
    deform_conv_backward_input, deform_conv_backward_parameters,
    deform_conv_forward, modulated_deform_conv_backward,
    modulated_deform_conv_forward)
from mmpose_pinet.compat.ops.focal_loss import (  # noqa: F401
    sigmoid_focal_loss_backward, sigmoid_focal_loss_forward)
from mmpose_pinet.compat.ops.missing import missing_op
from mmpose_pinet.compat.ops.nms import nms, softnms  # noqa: F401
from mmpose_pinet.compat.ops.roi_align import (  # noqa: F401
    roi_align_backward, roi_align_forward)


def get_compiler_version() -> str:
    """Say in ``mmcv.utils.collect_env`` that nothing was compiled."""
    return 'n/a'


get_compiling_cuda_version = get_compiler_version


def __getattr__(name: str) -> Callable:
    if name.startswith('__'):  # what Python asks any module for
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')

    def call(*args, **kwargs):
        raise missing_op(name)

    return call
