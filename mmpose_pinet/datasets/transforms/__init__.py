"""Transforms that MMPose lacks."""
from .box_area import BottomupBoxArea
from .crowd_mask import BottomupCrowdMask
from .load_image import LoadOrientedImage
from .pack_pyramid import PackPyramidInputs

__all__ = [
    'BottomupBoxArea', 'BottomupCrowdMask', 'LoadOrientedImage',
    'PackPyramidInputs'
]
