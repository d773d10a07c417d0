"""Heads."""
from .ae_head import AEHead
from .fused_dekr_head import FusedDEKRHead
from .higher_hrnet_head import HigherHRNetHead
from .pinet_head import PINetHead

__all__ = ['AEHead', 'FusedDEKRHead', 'HigherHRNetHead', 'PINetHead']
