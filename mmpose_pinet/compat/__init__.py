"""The one place that adapts third-party versions, each only where it must.

Importing it is enough, and has to come before MMPose.
"""
import warnings

# MMEngine 0.10 imports it. Users can only keep the setuptools that has it,
# which requirements/ see to: no need to tell them at every command.
warnings.filterwarnings('ignore', 'pkg_resources is deprecated')

from . import versions  # noqa: E402,F401  # isort: split  before they fail
from . import ops  # noqa: E402,F401  # isort: split  first: MMPose needs it
from . import missing  # noqa: E402,F401  # isort: split  before they fail
from . import visualizer  # noqa: E402,F401
from . import checkpoints, configs, loaders  # noqa: E402,F401
