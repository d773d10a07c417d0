"""Data preprocessors."""
from .pyramid import PyramidDataPreprocessor

__all__ = ['PyramidDataPreprocessor']
