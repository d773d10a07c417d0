"""What users call: imported when asked for, not with the package."""
from .pinet import PINet

__all__ = ['PINet']
