"""From candidate poses to persons."""
from .pose_fusion import PoseFusion, build_post_processor

__all__ = ['PoseFusion', 'build_post_processor']
