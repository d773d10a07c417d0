"""Heads."""
from .ae_head import AEHead
from .higher_hrnet_head import HigherHRNetHead
from .pinet_head import PINetHead

__all__ = ['AEHead', 'HigherHRNetHead', 'PINetHead']
