"""The programs that run an exported file: ONNX Runtime and OpenVINO."""
from abc import ABC, abstractmethod
from importlib.util import find_spec
from pathlib import Path
from typing import Dict, NamedTuple, Optional, Union

import numpy as np

from mmpose_pinet.arguments import check_number

OUTPUTS = ('keypoints', 'scores', 'valid')


class Candidates(NamedTuple):
    """The T candidates of each of N pictures, before fusion."""

    keypoints: np.ndarray  # (N, T, K, 2) float32 in input px
    scores: np.ndarray  # (N, T, K) float32
    valid: np.ndarray  # (N, T) bool, which of them count


class Engine(ABC):
    """Runs the network of an exported file on the CPU.

    Attributes:
        name (str): The engine and its version.
        props (dict[str, str]): The file's metadata, as it stands there.
    """

    name: str
    props: Dict[str, str]

    @abstractmethod
    def __call__(self, images: np.ndarray) -> Candidates:
        """Run it on images (N, H, W, 3) BGR of uint8."""


def open_engine(file: Union[str, Path],
                engine: str = 'auto',
                precision: str = 'fp32',
                threads: Optional[int] = None) -> Engine:
    """Open an exported file.

    Args:
        file (str | Path): An ONNX file.
        engine (str): ``'onnxruntime'``, ``'openvino'`` or ``'auto'``:
            OpenVINO if it is installed, else ONNX Runtime.
        precision (str): ``'fp32'``, or ``'bf16'`` with OpenVINO on a
            processor that computes in it.
        threads (int, optional): By default what the engine takes.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If the engine is not installed.
        ValueError: If the file is no ONNX model, or an argument is none of
            these.
    """
    if not Path(file).is_file():
        raise FileNotFoundError(f'{file} is no file')
    if threads is not None:
        check_number('threads', threads, least=1, whole=True)
    if engine == 'auto':
        engine = 'openvino' if find_spec('openvino') else 'onnxruntime'
    if engine not in ('onnxruntime', 'openvino'):
        raise ValueError("engine is 'onnxruntime', 'openvino' or 'auto', not "
                         f'{engine!r}')
    if find_spec(engine) is None:
        raise ImportError(f'{engine} is not installed: pip install '
                          '"mmpose_pinet[deploy]"')
    if engine == 'openvino':
        from .openvino_engine import OpenVinoEngine as kind
    else:
        from .onnxruntime_engine import OnnxRuntimeEngine as kind
    return kind(file, precision, threads)
