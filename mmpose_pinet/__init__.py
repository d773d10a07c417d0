"""PINet for MMPose 1.x: importing this package registers its components."""
from . import compat  # noqa: F401, I001  first: it makes MMPose importable
from .codecs import *  # noqa: F401, F403
from .datasets import *  # noqa: F401, F403
from .engine import *  # noqa: F401, F403
from .evaluation import *  # noqa: F401, F403
from .models import *  # noqa: F401, F403
from .post_processors import *  # noqa: F401, F403
from .version import __version__  # noqa: F401
