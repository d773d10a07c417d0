"""How poses become targets and come back."""
from .part_spr import PartSPR

__all__ = ['PartSPR']
