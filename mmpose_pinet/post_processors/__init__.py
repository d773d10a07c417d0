"""From candidate poses to persons."""
from mmpose_pinet.fusion import PoseFusion

from .build import build_post_processor

__all__ = ['PoseFusion', 'build_post_processor']
