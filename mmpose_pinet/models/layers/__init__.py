"""Layers that the head is made of."""
from .feature_pyramid import FeaturePyramid
from .pose_refinement import PoseRefinement

__all__ = ['FeaturePyramid', 'PoseRefinement']
