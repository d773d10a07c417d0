"""PINet for MMPose 1.x: importing this package registers its components."""
from importlib.util import find_spec

from .version import __version__  # noqa: F401

# Results, fusion and the runtime of exported models need numpy alone: where
# neither PyTorch nor MMPose is installed, there is nothing to register with.
# Where only one is there, or a broken one, its error is shown.
if find_spec('torch') or find_spec('mmpose'):
    from . import compat  # noqa: F401  # isort: split  first: MMPose needs it
    from . import registry  # noqa: F401
    from .codecs import *  # noqa: F401, F403
    from .datasets import *  # noqa: F401, F403
    from .engine import *  # noqa: F401, F403
    from .evaluation import *  # noqa: F401, F403
    from .models import *  # noqa: F401, F403
    from .post_processors import *  # noqa: F401, F403
