"""An exported file on OpenVINO."""
import os
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Dict, List, NamedTuple, Optional, Union

import numpy as np
import openvino as ov
from openvino.frontend import FrontEndManager

from .engines import OUTPUTS, Candidates, Engine
from .segments import split

# The scopes of what may be computed in low precision. A coordinate of 60
# cells has quarters of a cell in bfloat16.
LOW_SCOPES = ('/backbone/', '/neck/', '/refinement/')


class _Step(NamedTuple):
    """A segment of the network that is ready to run."""

    request: ov.InferRequest
    inputs: List[str]
    outputs: List[str]


class OpenVinoEngine(Engine):
    """OpenVINO on the CPU. Threads take turns: each picture gets all cores.

    Args:
        file (str | Path): An ONNX file.
        precision (str): ``'fp32'``, or ``'bf16'`` where the processor has it:
            backbone, neck and refinement compute in it, the rest in float32.
        threads (int, optional): By default one a core.

    Raises:
        ValueError: If the file is no ONNX model, or the processor has not
            this precision.
    """

    def __init__(self, file: Union[str, Path], precision: str,
                 threads: Optional[int]) -> None:
        self.name = f'OpenVINO {ov.__version__.split("-")[0]}'
        self._core = core_of(os.getpid())
        able = self._core.get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
        precisions = ['fp32', *(['bf16'] if 'BF16' in able else [])]
        if precision not in precisions:
            raise ValueError(f'OpenVINO computes in {precisions} on this '
                             f'processor, not {precision!r}')
        self._model = _read(file)
        self.props = _props(self._model)
        self._low_scopes = LOW_SCOPES if precision == 'bf16' else ()
        self._options = {'PERFORMANCE_HINT': 'LATENCY'}
        if threads is not None:
            self._options['INFERENCE_NUM_THREADS'] = threads
        self._lock = Lock()  # a request runs once at a time
        self._steps: Dict[Optional[tuple], List[_Step]] = {}

    def __call__(self, images: np.ndarray) -> Candidates:
        """Run it on images (N, H, W, 3) BGR of uint8."""
        values = dict(images=images)
        with self._lock:
            for request, inputs, outputs in self._steps_of(images.shape):
                found = request.infer([values[name] for name in inputs],
                                      share_inputs=True,
                                      share_outputs=True)
                values.update(zip(outputs, found.to_tuple()))
            return Candidates(*(values[name].copy() for name in OUTPUTS))

    def _steps_of(self, shape: tuple) -> List[_Step]:
        """Steps for one shape are up to a tenth faster than those for all
        shapes, and take seconds to compile. The first shape gets its own: a
        video has no other."""
        key = shape if shape in self._steps or not self._steps else None
        if key not in self._steps:
            self._steps[key] = self._compile(key)
        return self._steps[key]

    def _compile(self, shape: Optional[tuple]) -> List[_Step]:
        model = self._model.clone()
        if shape is not None:
            model.reshape(shape)
        steps = []
        for segment in split(model,
                             lambda name: name.startswith(self._low_scopes)):
            precision = 'bf16' if segment.low else 'f32'
            compiled = self._core.compile_model(
                segment.model, 'CPU',
                dict(self._options, INFERENCE_PRECISION_HINT=precision))
            steps.append(
                _Step(compiled.create_infer_request(), segment.inputs,
                      segment.outputs))
        return steps


@lru_cache(maxsize=None)
def core_of(process: int) -> ov.Core:
    """The one ``ov.Core`` of a process, which it keeps to its end.

    A core gives the thread that makes it a stack for signals, and takes that
    away when it goes. Where two go in the order in which they came, the
    thread is left with a stack that is no more, and the next signal ends the
    process (OpenVINO 2026.4). So models that replace others share one.
    """
    return ov.Core()


def _read(file: Union[str, Path]) -> ov.Model:
    # not Core.read_model, which asks the readers of all other formats too:
    # those write onto stderr what they think of the file
    reader = FrontEndManager().load_by_framework('onnx')
    try:
        return reader.convert(reader.load(str(file)))
    except Exception as error:  # each kind of fault has its own class
        raise ValueError(f'{file} cannot be read as an ONNX model: '
                         f'{error}') from error


def _props(model: ov.Model) -> Dict[str, str]:
    """The metadata of the file that a model was read from."""
    if not model.has_rt_info('framework'):
        return {}
    return model.get_rt_info('framework').value
