"""Who is who from frame to frame, of NumPy alone."""
from .one_euro import OneEuro
from .tracker import Tracker

__all__ = ['OneEuro', 'Tracker']
