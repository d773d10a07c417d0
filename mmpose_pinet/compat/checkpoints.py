"""Lets PyTorch >= 2.6 load MMEngine's checkpoints.

PyTorch unpickles nothing but tensors by default since then. Importing this
module allow-lists the classes that MMEngine writes into its checkpoints, and
nothing else: the check itself stays. Older versions are left alone.
"""
from pickle import UnpicklingError
from typing import Callable

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.utils import digit_version


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


_allow_checkpoints_of_mmengine()
