"""The precision of a test, and the processors that have it."""
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from typing import ContextManager, FrozenSet, List

import torch
import torch.nn as nn

# and what autocast computes in
PRECISIONS = dict(fp32=None, bf16=torch.bfloat16, fp16=torch.float16)

# where Linux says what a CPU has, and its words for bfloat16: Intel's and
# AMD's, then ARM's
CPUINFO = Path('/proc/cpuinfo')
BF16_FLAGS = {'amx_bf16', 'avx512_bf16', 'bf16'}


def native_precisions(device: torch.device) -> List[str]:
    """Tell which precisions a processor has instructions for.

    PyTorch emulates others: bfloat16 takes a CPU without it four times as
    long as ``'fp32'``.

    Args:
        device (torch.device): A CPU or a GPU of CUDA. Other devices, and CPUs
            of systems without ``/proc/cpuinfo``, are taken to have ``'fp32'``
            alone.

    Returns:
        list[str]: Keys of ``PRECISIONS``, ``'fp32'`` first.
    """
    if device.type == 'cuda':
        ampere = torch.cuda.get_device_capability(device) >= (8, 0)
        return ['fp32', 'bf16', 'fp16'] if ampere else ['fp32', 'fp16']
    if device.type == 'cpu' and CPUINFO.exists():
        return ['fp32', 'bf16'] if BF16_FLAGS & _words(CPUINFO) else ['fp32']
    return ['fp32']


def check_precision(precision: str, device: torch.device) -> None:
    """Refuse a precision that a network on a device must not compute in.

    Args:
        precision (str): The config key ``model.test_cfg.precision``.
        device (torch.device): Where the network is.

    Raises:
        ValueError: If ``precision`` is no key of ``PRECISIONS``, or not
            native to the device.
    """
    if precision not in PRECISIONS:
        raise ValueError(f'model.test_cfg.precision={precision!r} is unknown: '
                         f'choose one of {list(PRECISIONS)}')
    if precision == 'fp32':
        return
    native = native_precisions(device)
    if precision not in native:
        name = 'GPU' if device.type == 'cuda' else device.type.upper()
        reason = f'this {name} has no instructions for it'
        if device.type == 'cpu' and not CPUINFO.exists():
            reason = f'without {CPUINFO} it cannot be told what this CPU has'
        raise ValueError(f'model.test_cfg.precision={precision!r}: {reason}. '
                         f'Choose one of {native}, or another device')


def check_weights(model: nn.Module) -> None:
    """Refuse a model that was turned to half precision as a whole.

    Raises:
        ValueError: If its weights are in float16 or bfloat16.
    """
    for name, dtype in PRECISIONS.items():
        if dtype is not None and next(model.parameters()).dtype == dtype:
            raise ValueError(
                f'the weights of this model are in {dtype}, in which the '
                'coordinates that it computes have steps of up to half a '
                'cell: keep them in float32 (model.float()) and set '
                f'model.test_cfg.precision={name!r} for tests, or '
                "optim_wrapper.type='AmpOptimWrapper' for a training")


def compute_in(precision: str, device: torch.device) -> ContextManager:
    """Compute in a precision where that is safe, as autocast does.

    Args:
        precision (str): A key of ``PRECISIONS``; ``'fp32'`` changes nothing.
        device (torch.device): Where the network is.

    Raises:
        ValueError: As of :func:`check_precision`.
    """
    check_precision(precision, device)
    if precision == 'fp32':
        return nullcontext()
    return torch.autocast(device.type, PRECISIONS[precision])


@lru_cache(maxsize=None)
def _words(file: Path) -> FrozenSet[str]:
    """Of a file that takes milliseconds to read on a CPU of many cores."""
    return frozenset(file.read_text().split())
