"""Metrics that MMPose lacks."""
from .crowd_level_metric import CrowdLevelMetric

__all__ = ['CrowdLevelMetric']
