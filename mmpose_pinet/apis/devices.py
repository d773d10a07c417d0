"""Where a model runs."""
from typing import Optional

import torch
from mmengine.device import get_device

from mmpose_pinet.command_line import BadArgument


def find_device(name: Optional[str] = None) -> torch.device:
    """Take the name of a device that is there.

    Args:
        name (str, optional): Such as ``'cpu'`` or ``'cuda:0'``. By default a
            GPU if there is one.

    Raises:
        ValueError: If it names no device, or a GPU that PyTorch does not see.
    """
    name = name or get_device()
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BadArgument(f'{name!r} is no device: name cpu, cuda or such as '
                          'cuda:1') from error
    gpus = torch.cuda.device_count()
    if device.type == 'cuda' and (device.index or 0) >= gpus:
        raise BadArgument(f'there is no device {name}: PyTorch sees '
                          f'{gpus or "no"} GPUs')
    return device
