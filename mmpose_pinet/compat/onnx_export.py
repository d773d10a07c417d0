"""PyTorch's ONNX exporter that follows a run, whatever the version's default.

From PyTorch 2.9 on another exporter is the default, which refuses sizes that
depend on the picture where this package computes with them.
"""
import inspect
import warnings
from typing import Any

import torch


def export_traced(*args: Any, **kwargs: Any) -> None:
    """Call ``torch.onnx.export`` as it was before ``dynamo`` was an option.

    It warns of each value that stays constant, such as the number of levels;
    that sizes do not is for its caller to see to.
    """
    if 'dynamo' in inspect.signature(torch.onnx.export).parameters:
        kwargs['dynamo'] = False
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', torch.jit.TracerWarning)
        warnings.filterwarnings('ignore', module=r'torch\.onnx')
        # of torch 2.8, told about the caller
        warnings.filterwarnings('ignore', 'You are using the legacy')
        torch.onnx.export(*args, **kwargs)
