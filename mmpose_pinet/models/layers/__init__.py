"""Layers that the head is made of."""
from .feature_pyramid import FeaturePyramid
from .keypoint_localisation import KeypointLocalisation
from .keypoint_scoring import KeypointScoring
from .pose_refinement import PoseRefinement

__all__ = [
    'FeaturePyramid', 'KeypointLocalisation', 'KeypointScoring',
    'PoseRefinement'
]
