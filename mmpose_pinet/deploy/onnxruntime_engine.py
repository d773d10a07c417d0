"""An exported file on ONNX Runtime."""
from pathlib import Path
from typing import Optional, Union

import numpy as np
import onnxruntime

from .engines import OUTPUTS, Candidates, Engine


class OnnxRuntimeEngine(Engine):
    """ONNX Runtime on the CPU.

    Args:
        file (str | Path): An ONNX file.
        precision (str): ``'fp32'``, the one it has. A quantised file computes
            in int8 by itself.
        threads (int, optional): By default one a core.

    Raises:
        ValueError: If the file is no ONNX model, or for another precision.
    """

    def __init__(self, file: Union[str, Path], precision: str,
                 threads: Optional[int]) -> None:
        if precision != 'fp32':
            raise ValueError(
                f"ONNX Runtime computes in 'fp32' on a CPU, not {precision!r}"
                "; OpenVINO has 'bf16' where the processor has it")
        self.name = f'ONNX Runtime {onnxruntime.__version__}'
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        options.intra_op_num_threads = threads or 0
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=['CPUExecutionProvider'])
        except Exception as error:  # each kind of fault has its own class
            raise ValueError(f'{file} cannot be read as an ONNX model: '
                             f'{error}') from error
        self.props = self._session.get_modelmeta().custom_metadata_map

    def __call__(self, images: np.ndarray) -> Candidates:
        """Run it on images (N, H, W, 3) BGR of uint8."""
        return Candidates(*self._session.run(OUTPUTS, dict(images=images)))
