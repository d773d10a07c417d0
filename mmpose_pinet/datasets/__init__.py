"""Datasets and transforms that MMPose lacks."""
from .labelled_coco import LabelledCocoDataset
from .transforms import (BottomupBoxArea, BottomupCrowdMask, LoadOrientedImage,
                         PackPyramidInputs)

__all__ = [
    'BottomupBoxArea', 'BottomupCrowdMask', 'LabelledCocoDataset',
    'LoadOrientedImage', 'PackPyramidInputs'
]
