"""Pose estimators."""
from .crowd import CrowdPoseEstimator

__all__ = ['CrowdPoseEstimator']
