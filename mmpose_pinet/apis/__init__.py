"""Poses of pictures, and what the command ``pinet`` stands on."""
from .pinet import PINet

__all__ = ['PINet']
