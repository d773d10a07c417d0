"""No payload runs, on any PyTorch, thanks to our own unpickler."""
import builtins
import functools
import io
import os
import pickle
import posix
import re
from collections import OrderedDict

import numpy as np
import pytest
import torch
import torch.nn as nn
from mmengine.logging import HistoryBuffer

from mmpose_pinet.compat import restricted_pickle
from mmpose_pinet.compat.checkpoints import load_checkpoint_file

PI = np.float64(3.14159)


class Call:
    """Pickles as a call: `function(*arguments)` when it is loaded."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


class State:
    """Pickles as an object with a state that it is given when loaded."""

    def __init__(self, function, arguments, state):
        self.reduced = function, arguments, state

    def __reduce__(self):
        return self.reduced


def touch(path):
    return f'touch {path}'


def nested(path):
    """A whole payload inside, that PyTorch itself would load."""
    inner = io.BytesIO()
    torch.save(
        Call(os.system, touch(path)),
        inner,
        _use_new_zipfile_serialization=False)
    return Call(torch.storage._load_from_bytes, inner.getvalue())


def forged(path):
    """An array of numbers, each of which is taken for an object's address."""
    fields = dict(a=(Call(np.dtype, 'i8', False, True), 0))
    state = (3, '<', None, ('a', ), fields, 8, 1, 63)
    numbers = State(np.dtype, ('f8', False, True), state)
    build, arguments, _ = np.zeros(1).__reduce__()
    return State(build, arguments, (1, (1, ), numbers, False, b'A' * 8))


PAYLOADS = {
    'os.system': (lambda path: Call(os.system, touch(path)), 'posix.system'),
    'posix.system':
    (lambda path: Call(posix.system, touch(path)), 'posix.system'),
    'eval':
    (lambda path: Call(builtins.eval, f"open({str(path)!r}, 'w')"), 'eval'),
    'partial':
    (lambda path: Call(functools.partial(os.system, touch(path))), 'partial'),
    'nested': (nested, 'torch.storage._load_from_bytes'),
    'getattr':
    (lambda path: Call(getattr, HistoryBuffer, '__init__'), "'__init__'"),
    'getattr of numpy': (lambda path: Call(getattr, np.ndarray, 'tofile'),
                         "'tofile'"),
    'object array': (lambda path: np.array([print]), 'O8'),
    'array of None': (lambda path: np.array([None]), 'O8'),
    'type of objects': (lambda path: np.dtype('O'), 'O8'),
    'structured type': (lambda path: np.dtype([('a', 'f8')]), 'V8'),
    'forged array': (forged, 'a state of .*DType'),
    'state of a class': (lambda path: State(getattr,
                                            (HistoryBuffer, 'min'), dict(a=1)),
                         'function'),
    'module': (lambda path: nn.Linear(1, 1), 'torch.nn'),
}


@pytest.mark.parametrize('name', PAYLOADS)
def test_a_payload_is_refused_and_does_not_run(save, tmp_path, name):
    make, named = PAYLOADS[name]
    ran = tmp_path / 'ran'
    path = save(dict(state_dict=OrderedDict(), meta=make(ran)))
    with pytest.raises(ValueError) as raised:
        load_checkpoint_file(path)
    assert not ran.exists()
    message = str(raised.value)
    assert str(path) in message and '\n' not in message
    assert re.search(named, message) and 'is refused' in message
    assert 'weights_only' not in message
    assert 'safe_globals' not in message


def test_the_payloads_are_real(tmp_path):
    """Python's own unpickler runs them."""
    for name in ('os.system', 'posix.system', 'eval', 'nested'):
        ran = tmp_path / name
        payload = pickle.dumps(PAYLOADS[name][0](ran), 2)
        if name == 'nested':
            torch.storage._load_from_bytes(PAYLOADS[name][0](ran).call[1][0])
        else:
            pickle.loads(payload)
        assert ran.exists(), name


def test_no_source_code_is_read(tmp_path):
    """The legacy format may name a class together with its source file."""

    class Pickler(pickle.Pickler):

        def persistent_id(self, obj):
            return ('module', OrderedDict, 'a.py', 'a') if obj == 7 else None

    path = tmp_path / 'module.pth'
    with open(path, 'wb') as file:
        for head in (torch.serialization.MAGIC_NUMBER,
                     torch.serialization.PROTOCOL_VERSION, {}):
            pickle.dump(head, file, 2)
        Pickler(file, 2).dump(dict(a=7))
        pickle.dump([], file, 2)
    with pytest.raises(ValueError, match='is refused.*module'):
        load_checkpoint_file(path)


@pytest.mark.parametrize('core', ['core', '_core'])
def test_numbers_of_numpy_before_2_and_since(core):
    """Each numpy reads what the other has written."""
    values = dict(array=np.array([[1, 2], [3, 4]], np.int16), scalar=PI)
    pickled = pickle.dumps(values, 2)
    here = re.search(rb'numpy\.(_?core)\.multiarray', pickled)[1]
    pickled = pickled.replace(b'numpy.%s.' % here, f'numpy.{core}.'.encode())
    found = restricted_pickle.load(io.BytesIO(pickled))
    assert found['array'].tolist() == [[1, 2], [3, 4]]
    assert found['array'].dtype == np.int16
    assert found['scalar'] == PI and type(found['scalar']) is np.float64
