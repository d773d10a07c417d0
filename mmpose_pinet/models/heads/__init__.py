"""Heads."""
from .ae_head import AEHead
from .higher_hrnet_head import HigherHRNetHead
from .pinet_head import PINetHead
from .pinet_plus_head import PINetPlusHead

__all__ = ['AEHead', 'HigherHRNetHead', 'PINetHead', 'PINetPlusHead']
