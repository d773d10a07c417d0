"""Lets MMPose import where mmcv has no compiled ops (mmcv-lite).

MMPose imports ``mmcv.ops`` unconditionally, for heads that PINet does not
use. Importing this module puts a stand-in in its place, whose ops import and
raise once they are built or called. Where mmcv has its ops, nothing changes.
"""
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


class _MissingOp:
    """Base of every op of the stand-in. Importing, subclassing and
    registering it works, as MMPose and MMDetection do on import; building or
    calling it does not."""

    def __new__(cls, *args, **kwargs):
        raise _missing(f'{cls.__module__}.{cls.__name__}')


def _missing(op: str) -> ImportError:
    return ImportError(
        f'`{op}` is a compiled op, and the mmcv of this environment was '
        'installed without them (mmcv-lite). Either take the model, layer or '
        'detector that needs it out of the config, or install the full mmcv: '
        '`make venv WITH_OPS=1` in a clone of mmpose_pinet, `pip uninstall '
        'mmcv-lite && mim install mmcv` elsewhere.')


class _MissingOps(ModuleType):
    """Stand-in for ``mmcv.ops`` and its submodules: has every public name."""

    def __getattr__(self, name: str) -> type:
        if name.startswith('_'):
            raise AttributeError(
                f'module {self.__name__!r} has no attribute {name!r}')
        op = type(name, (_MissingOp, ), dict(__module__=self.__name__))
        setattr(self, name, op)
        return op

    def __call__(self, *args, **kwargs):
        # ``mmcv.ops.nms`` is a submodule and a function of the same name.
        raise _missing(self.__name__)


class _MissingOpsFinder(MetaPathFinder, Loader):
    """Finds the stand-in for ``mmcv.ops`` and ``mmcv.ops.anything``."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname == 'mmcv.ops' or fullname.startswith('mmcv.ops.'):
            return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        return _MissingOps(spec.name)

    def exec_module(self, module):
        if module.__name__ == 'mmcv.ops':
            # What ``mmcv.utils.collect_env`` asks, and says without ops.
            module.get_compiler_version = lambda: 'n/a'
            module.get_compiling_cuda_version = lambda: 'n/a'


def _stand_in_for_missing_ops() -> None:
    """A full mmcv has the extension ``mmcv._ext`` (its own test for being
    full); if that one is there but broken, its error is shown."""
    if 'mmcv.ops' not in sys.modules and find_spec('mmcv._ext') is None:
        sys.meta_path.insert(0, _MissingOpsFinder())


_stand_in_for_missing_ops()
