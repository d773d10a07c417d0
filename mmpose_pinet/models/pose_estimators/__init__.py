"""Pose estimators."""
from .batched_bottomup import BatchedBottomupPoseEstimator
from .keypoint_rcnn import KeypointRCNNEstimator

__all__ = ['BatchedBottomupPoseEstimator', 'KeypointRCNNEstimator']
