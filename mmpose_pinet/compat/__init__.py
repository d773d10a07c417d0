"""The one place that adapts third-party versions, each only where it must.

Importing it is enough, and has to come before MMPose.
"""
from . import ops  # noqa: F401  # isort: split  first: MMPose needs it
from . import checkpoints, configs  # noqa: F401
