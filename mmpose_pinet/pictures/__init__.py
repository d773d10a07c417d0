"""Pictures in, results out: what every model shares, of NumPy and OpenCV."""
from .finder import Finder
from .inputs import Picture

__all__ = ['Finder', 'Picture']
