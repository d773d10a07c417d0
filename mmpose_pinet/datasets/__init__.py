"""Datasets and transforms that MMPose lacks."""
from .checked import (CheckedAnnotations, CheckedCocoDataset,
                      CheckedCrowdPoseDataset, CheckedOCHumanDataset)
from .labelled_coco import LabelledCocoDataset
from .transforms import (BottomupBoundedResize, BottomupBoxArea,
                         BottomupCrowdMask, BottomupPastePersons,
                         LoadOrientedImage, PackPyramidInputs)

__all__ = [
    'BottomupBoundedResize', 'BottomupBoxArea', 'BottomupCrowdMask',
    'BottomupPastePersons', 'CheckedAnnotations', 'CheckedCocoDataset',
    'CheckedCrowdPoseDataset', 'CheckedOCHumanDataset', 'LabelledCocoDataset',
    'LoadOrientedImage', 'PackPyramidInputs'
]
