"""Pose estimators."""
from .pyramid import PyramidPoseEstimator

__all__ = ['PyramidPoseEstimator']
