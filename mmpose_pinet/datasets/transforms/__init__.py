"""Transforms that MMPose lacks."""
from .box_area import BottomupBoxArea
from .crowd_mask import BottomupCrowdMask

__all__ = ['BottomupBoxArea', 'BottomupCrowdMask']
