"""Says what to do where MMPose misses MMDetection.

MMPose gives it out as optional. Since 1.3 one of its heads, RTMO's, imports
it all the same, and with that head all of ``mmpose.models`` does.
"""
import mmpose

from .versions import SUPPORTED

try:
    import mmpose.models  # noqa: F401
except ModuleNotFoundError as error:
    if str(error.name).partition('.')[0] != 'mmdet':
        raise
    oldest, unknown = SUPPORTED['mmdet', ]
    raise ImportError(
        f'mmpose {mmpose.__version__} imports mmdet, which is not installed: '
        f"pip install --no-deps 'mmdet>={oldest},<{unknown}'") from error
