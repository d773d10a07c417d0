"""One page about poses of a test: numbers, errors and pictures."""
from .page import write_report

__all__ = ['write_report']
