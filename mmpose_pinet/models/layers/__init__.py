"""Layers that the head is made of."""
from .feature_columns import FeatureColumns
from .pose_refinement import PoseRefinement

__all__ = ['FeatureColumns', 'PoseRefinement']
