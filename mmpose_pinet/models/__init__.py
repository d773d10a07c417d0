"""The network's parts that MMPose lacks."""
from .heads import *  # noqa: F401, F403
from .layers import *  # noqa: F401, F403
