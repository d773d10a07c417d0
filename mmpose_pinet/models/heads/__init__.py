"""Heads."""
from .pinet_head import PINetHead

__all__ = ['PINetHead']
