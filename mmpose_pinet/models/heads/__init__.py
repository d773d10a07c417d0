"""Heads."""
from .fused_dekr_head import FusedDEKRHead
from .pinet_head import PINetHead

__all__ = ['FusedDEKRHead', 'PINetHead']
