"""Pose estimators."""
from .batched_bottomup import BatchedBottomupPoseEstimator

__all__ = ['BatchedBottomupPoseEstimator']
