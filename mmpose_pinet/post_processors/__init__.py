"""From candidate poses to persons."""
from .pose_fusion import PoseFusion

__all__ = ['PoseFusion']
