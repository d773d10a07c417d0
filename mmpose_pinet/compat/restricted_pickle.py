"""An unpickler that builds what checkpoints hold, and runs nothing else.

``torch.load(file, pickle_module=restricted_pickle)`` reads with this one:
tensors, plain Python values, numpy numbers and MMEngine's history buffers.
PyTorch < 2.6 has no check that lets these through and holds. That of later
versions lets numpy's types through with any state, such as one that takes
numbers for addresses. It is Python's own unpickler written in Python, since
that written in C lets a file set attributes of any class it can name.
"""
import pickle
import re
from codecs import encode
from collections import Counter, OrderedDict
from typing import Any, Callable

import numpy as np
import torch
from mmengine.logging import HistoryBuffer


class RefusedError(pickle.UnpicklingError):
    """A file names something that checkpoints have no need of.

    Args:
        name (str): What it names, with its module.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f'{name} is nothing that weights are made of')
        self.name = name


def history_statistic(owner: type, name: str) -> Callable:
    """Get what a history buffer refers to: its own statistics.

    Checkpoints name ``getattr`` for it, which would open everything that can
    be reached from a class.

    Args:
        owner (type): Of the attribute.
        name (str): The attribute.

    Raises:
        RefusedError: If it is another attribute, or another class's.
    """
    if owner is HistoryBuffer and name in ('min', 'max', 'current', 'mean'):
        return getattr(owner, name)
    raise RefusedError(f'attribute {name!r} of {owner!r}')


def _latin1(text: str, encoding: str) -> bytes:
    """Bytes, as protocol 2 writes them."""
    if encoding != 'latin1':
        raise RefusedError(f'codec {encoding!r}')
    return encode(text, encoding)


def _number_type(code: str, *_: Any) -> np.dtype:
    """A new dtype of plain numbers. Others can hold pointers to objects."""
    if not re.fullmatch(r'[biufc]\d{1,2}', code):
        raise RefusedError(f'numpy.dtype({code!r})')
    return np.dtype(code, False, True)


def _array(*_: Any) -> np.ndarray:
    """An array, whose shape, type and numbers come with its state."""
    return np.empty(0, np.int8)


_scalar = np.float64(0).__reduce__()[0]
_NUMPY = {
    f'numpy.{core}.multiarray.{name}': function
    for core in ('core', '_core')  # the module's name before numpy 2 and since
    for name, function in (('_reconstruct', _array), ('scalar', _scalar))
}
_GLOBALS = {
    'collections.OrderedDict': OrderedDict,
    'collections.Counter': Counter,  # milestones of a schedule
    'torch._utils._rebuild_tensor_v2': torch._utils._rebuild_tensor_v2,
    'torch._utils._rebuild_parameter': torch._utils._rebuild_parameter,
    'torch.Size': torch.Size,
    'torch.device': torch.device,
    **{
        str(value): value
        for value in vars(torch).values() if isinstance(value, torch.dtype)
    },
    'mmengine.logging.history_buffer.HistoryBuffer': HistoryBuffer,
    'numpy.ndarray': _array,  # an argument of _reconstruct
    'numpy.dtype': _number_type,
    **_NUMPY,
    '_codecs.encode': _latin1,
}
# Of a dtype: version and byte order; no fields, no shape, no flags.
_NUMBER_STATES = [(3, order, None, None, None, -1, -1, 0) for order in '<>|=']
# These stand under another module's name in protocol 2.
for _module in ('builtins', '__builtin__'):
    _GLOBALS[f'{_module}.getattr'] = history_statistic
    _GLOBALS[f'{_module}.set'] = set


class Unpickler(pickle._Unpickler):
    """Read one pickle; arguments are those of :class:`pickle.Unpickler`.

    Raises:
        RefusedError: While loading, if the file names something else than
            what this module's docstring lists.
    """

    dispatch = dict(pickle._Unpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        """Return what a file may name, by a table; nothing is imported."""
        try:
            return _GLOBALS[f'{module}.{name}']
        except KeyError:
            raise RefusedError(f'{module}.{name}') from None

    def load_build(self) -> None:
        """Set an object's state, of the few classes that have one."""
        state, instance = self.stack[-1], self.stack[-2]
        allowed = type(instance) in (np.ndarray, HistoryBuffer) or (
            type(instance) is OrderedDict and type(state) is dict)
        if isinstance(instance, np.dtype):
            allowed = state in _NUMBER_STATES
        if not allowed:
            raise RefusedError(f'a state of {type(instance).__name__}')
        super().load_build()

    def load_binpersid(self) -> None:
        """Refer to a tensor's numbers; old files refer to code as well."""
        reference = self.stack[-1]
        kind = reference[:1] if type(reference) is tuple else reference
        if kind not in (('storage', ), (b'storage', )):
            raise RefusedError(f'a reference to {reference!r:.60}')
        super().load_binpersid()

    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.BINPERSID[0]] = load_binpersid


def load(file, **kwargs) -> Any:
    """Read one pickle of a file; arguments are those of ``pickle.load``."""
    return Unpickler(file, **kwargs).load()
