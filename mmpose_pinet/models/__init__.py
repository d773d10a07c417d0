"""The network's parts that MMPose lacks."""
from .data_preprocessors import *  # noqa: F401, F403
from .heads import *  # noqa: F401, F403
from .layers import *  # noqa: F401, F403
from .necks import *  # noqa: F401, F403
from .pose_estimators import *  # noqa: F401, F403
