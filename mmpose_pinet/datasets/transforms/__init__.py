"""Transforms that MMPose lacks."""
from .bounded_resize import BottomupBoundedResize
from .box_area import BottomupBoxArea
from .crowd_mask import BottomupCrowdMask
from .load_image import LoadOrientedImage
from .pack_pyramid import PackPyramidInputs
from .paste_persons import BottomupPastePersons

__all__ = [
    'BottomupBoundedResize', 'BottomupBoxArea', 'BottomupCrowdMask',
    'BottomupPastePersons', 'LoadOrientedImage', 'PackPyramidInputs'
]
