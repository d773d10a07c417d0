"""Loads checkpoints without running what they hold, on any PyTorch.

``torch.load`` itself is not as safe: PyTorch < 2.6 runs everything. From 2.6
on it unpickles nothing but tensors by default, and not what MMEngine writes.
Importing this module allow-lists that there, for MMPose's scripts that call
it: such a script can be made to crash, by arrays that are forged.
"""
import os
import tarfile
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO, Iterator, Union

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.utils import digit_version

from . import restricted_pickle

_CHECKS_WEIGHTS = digit_version(torch.__version__) >= digit_version('2.6')
_ZIP, _PICKLE = b'PK\x03\x04', b'\x80'


def load_checkpoint_file(
        path: Union[str, Path],
        map_location: Union[str, torch.device] = 'cpu') -> dict:
    """Load a checkpoint, and run nothing that it holds.

    Args:
        path (str | Path): A file of MMEngine, of the authors' release, or
            any that ``torch.save`` wrote of tensors and plain values.
        map_location (str | torch.device): Where tensors go.

    Returns:
        dict: What the file holds, such as ``state_dict`` and ``meta``.

    Raises:
        OSError: If the file is missing, a folder, or cannot be read.
        ValueError: If it is no checkpoint, or damaged, or holds a program
            (TorchScript) or anything else that weights are not made of; with
            the file, what it is or names, and what to do.
    """
    if str(path).startswith(('http://', 'https://')):
        raise ValueError(f'{path} is an address: download it, and name the '
                         'file')
    path = Path(path)
    with _opened(path) as file:
        checkpoint = _load(path, file, map_location)
    if not isinstance(checkpoint, dict):
        raise ValueError(f'{path} holds {type(checkpoint).__name__}, not the '
                         'weights of a model: name a file that torch.save '
                         "wrote of a model's state dict")
    return checkpoint


def check_checkpoint_file(path: Union[str, Path]) -> None:
    """Refuse what is not even the beginning of a checkpoint, and load nothing.

    Args:
        path (str | Path): A file.

    Raises:
        OSError, ValueError: As of :func:`load_checkpoint_file`, but that a
            file may still be damaged or hold what weights are not made of.
    """
    with _opened(Path(path)):
        pass


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file, at its begin, once that is a checkpoint's."""
    if path.is_dir():
        raise IsADirectoryError(
            f'{path} is a folder: name the checkpoint in it, a file that ends '
            'in .pth, .pt or .tar')
    if not path.is_file():
        raise FileNotFoundError(f'{path} is not there: name a checkpoint '
                                'that is, or download or train one')
    with open(path, 'rb') as file:
        _check_format(path, file)
        file.seek(0)
        yield file


def _check_format(path: Path, file: BinaryIO) -> None:
    """Refuse what PyTorch's loader must not see, or cannot explain."""
    start = file.read(64)
    if not start:
        raise ValueError(f'{path} is empty: download or copy it again')
    if start.lstrip()[:1] == b'<':
        raise ValueError(
            f'{path} is a web page, not a checkpoint: the download gave a '
            'page about the file; download the file itself, in a browser')
    # In TorchScript's archives, and in no others, PyTorch finds a file of this
    # name, which is stored as it stands.
    with mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        if content.find(b'constants.pkl') >= 0:
            raise ValueError(
                f'{path} is a TorchScript archive, which is a program: name '
                'a checkpoint of weights, as training writes them')
    if start.startswith(_ZIP):
        return
    if tarfile.is_tarfile(path):
        raise ValueError(f'{path} is a tar archive: unpack it, and name the '
                         'checkpoint in it')
    if path.suffix == '.onnx':
        raise ValueError(
            f'{path} is an exported file, not a checkpoint: `pinet predict '
            '--model FILE` runs it, tools/deployment/test_exported.py tells '
            'its AP')
    if not start.startswith(_PICKLE):
        raise ValueError(f'{path} is no PyTorch checkpoint: it begins with '
                         f'{start[:16]!r}')


def _load(path: Path, file: BinaryIO, map_location) -> object:
    try:
        return torch.load(
            file,
            map_location=map_location,
            weights_only=False,  # restricted_pickle refuses more than that
            pickle_module=restricted_pickle)
    except restricted_pickle.RefusedError as error:
        raise ValueError(
            f'{path} is refused: it names {error.name}, which weights are not '
            'made of and which may run code. If you trust where it comes '
            'from, load it there and save its state_dict alone') from error
    except Exception as error:  # whatever damaged bytes happen to raise
        if os.getenv('TORCH_FORCE_WEIGHTS_ONLY_LOAD'):
            raise ValueError(
                f'{path} cannot be loaded where TORCH_FORCE_WEIGHTS_ONLY_LOAD '
                'is set: it asks for a check of PyTorch, which knows no '
                'checkpoint of MMEngine. Unset it, this check is no laxer '
                f'({error})') from error
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> ValueError:
    reason = str(error).partition('\n')[0]
    return ValueError(
        f'{path} is cut off, damaged or no PyTorch checkpoint: download or '
        f'copy it again ({type(error).__name__}: {reason})')


def _allow_checkpoints_of_mmengine() -> None:
    """MMEngine stores its message hub beside the weights: logged scalars as
    history buffers, and numpy arrays and scalars of plain numbers."""
    if not _CHECKS_WEIGHTS:
        return
    reconstruct = np.zeros(1).__reduce__()[0]
    scalar = np.float64(0).__reduce__()[0]
    numbers = np.typecodes['AllInteger'] + np.typecodes['Float'] + '?'
    torch.serialization.add_safe_globals([
        HistoryBuffer,
        (restricted_pickle.history_statistic, 'builtins.getattr'),
        np.ndarray,
        np.dtype,
        *{type(np.dtype(number))
          for number in numbers},
        # The module's name before numpy 2 and since.
        *((function, f'numpy.{core}.multiarray.{function.__name__}')
          for core in ('core', '_core') for function in (reconstruct, scalar)),
    ])


_allow_checkpoints_of_mmengine()
