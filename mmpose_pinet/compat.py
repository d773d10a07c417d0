"""The one place that adapts third-party versions.

Where the stack needs no help, importing this module changes nothing. It
touches two things, each only where it is needed:

* ``mmcv.ops`` where mmcv has no compiled ops (mmcv-lite): a stand-in that
  imports, and whose ops raise when they are built or called.
* PyTorch >= 2.6, which unpickles nothing but tensors by default: the classes
  that MMEngine writes into its checkpoints are allow-listed.
"""
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pickle import UnpicklingError
from types import ModuleType
from typing import Callable

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.utils import digit_version


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
    """MMPose imports ``mmcv.ops`` unconditionally, for heads that PINet does
    not use. A full mmcv has the extension ``mmcv._ext`` (its own test for
    being full); if that one is there but broken, its error is shown."""
    if 'mmcv.ops' not in sys.modules and find_spec('mmcv._ext') is None:
        sys.meta_path.insert(0, _MissingOpsFinder())


def _statistic(owner: type, name: str) -> Callable:
    """What ``getattr`` is needed for in a checkpoint, and nothing more: a
    history buffer refers to its own statistics. ``getattr`` itself would open
    everything that can be reached from an allow-listed class."""
    if owner is HistoryBuffer and name in ('min', 'max', 'current', 'mean'):
        return getattr(owner, name)
    raise UnpicklingError(
        f'The checkpoint asks for attribute {name!r} of {owner!r}, which no '
        'checkpoint of MMEngine does. Load it only if you trust its source: '
        'torch.load(file, weights_only=False).')


def _allow_checkpoints_of_mmengine() -> None:
    """MMEngine stores its message hub beside the weights: logged scalars as
    history buffers, and numpy arrays and scalars of plain numbers."""
    if digit_version(torch.__version__) < digit_version('2.6'):
        return
    reconstruct = np.zeros(1).__reduce__()[0]
    scalar = np.float64(0).__reduce__()[0]
    numbers = np.typecodes['AllInteger'] + np.typecodes['Float'] + '?'
    torch.serialization.add_safe_globals([
        HistoryBuffer,
        (_statistic, 'builtins.getattr'),
        np.ndarray,
        np.dtype,
        *{type(np.dtype(number))
          for number in numbers},
        # The module's name before numpy 2 and since.
        *((function, f'numpy.{core}.multiarray.{function.__name__}')
          for core in ('core', '_core') for function in (reconstruct, scalar)),
    ])


_stand_in_for_missing_ops()
_allow_checkpoints_of_mmengine()
