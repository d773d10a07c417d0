"""Data preprocessors."""
from .image_pyramid import PyramidDataPreprocessor

__all__ = ['PyramidDataPreprocessor']
