"""Exported files on their engines, against the torch path in float32.

Always on the CPU. A way that this machine has not is named, with the reason.
"""
import os
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Callable, Dict, Iterator, List, NamedTuple

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import cv2
import torch
from torch.utils.flop_counter import FlopCounterMode

from mmpose_pinet.apis import PINet
from mmpose_pinet.apis.export_model import export_model
from mmpose_pinet.pictures import Finder

from .models import Setting
from .pictures import save_model, save_pictures
from .products import OPERATIONS, bare_product
from .table import Row
from .timing import measure

THREADS = 1, 2
PRECISIONS = 'fp32', 'bf16', 'int8'  # of bare products
# import nothing that an environment for exported files alone has not
WITHOUT_TORCH = 'import sys; sys.modules.update(torch=None, mmpose=None); '
START_REPEATS = 3  # of processes that start; the median is of so many at most


class Way(NamedTuple):
    """A file and what runs it."""

    file: str  # 'weights', 'fp32' or 'int8'
    engine: str  # '': PyTorch
    precision: str


WAYS = {
    'torch fp32': Way('weights', '', 'fp32'),
    'torch bf16': Way('weights', '', 'bf16'),
    'ONNX Runtime fp32': Way('fp32', 'onnxruntime', 'fp32'),
    'ONNX Runtime int8': Way('int8', 'onnxruntime', 'fp32'),
    'OpenVINO fp32': Way('fp32', 'openvino', 'fp32'),
    'OpenVINO bf16': Way('fp32', 'openvino', 'bf16'),
    'OpenVINO int8': Way('int8', 'openvino', 'fp32'),
}
REFERENCE = 'torch fp32'


def run(setting: Setting) -> List[Row]:
    """Measure files, starts, one picture and batches of 8."""
    with TemporaryDirectory() as folder, _threads(1):
        return _measure_all(setting, Path(folder))


def _measure_all(setting: Setting, folder: Path) -> List[Row]:
    setting = _for_pictures(setting)
    config, weights = save_model(setting, folder)
    files = dict(
        weights=weights,
        fp32=str(folder / 'fp32.onnx'),
        int8=str(folder / 'int8.onnx'))
    pictures = folder / 'pictures'
    pictures.mkdir()
    names = save_pictures(pictures, setting.shape)
    export_model(config, weights, files['fp32'])
    export_model(config, weights, files['int8'], calibration=pictures)

    rows = [
        Row('deploy', f'file, {name}', 'byte',
            Path(file).stat().st_size) for name, file in files.items()
    ]
    ways = _ways_of_this_machine(config, files)
    rows += _starts(ways, config, files, names[0], setting)
    images = [cv2.imread(name) for name in names]
    for threads in THREADS:
        with _threads(threads):
            rows += _pictures(ways, config, files, images, threads, setting)
    return rows


def _for_pictures(setting: Setting) -> Setting:
    """Let the config's test look at pictures of the shape as they are."""
    for step in setting.cfg.test_dataloader.dataset.pipeline:
        if step.type == 'BottomupBoundedResize':
            step.input_size = (min(setting.shape), ) * 2
    return setting


def _open(way: Way, config: str, files: Dict[str, str],
          threads: int) -> Finder:
    if not way.engine:
        return PINet(config, files['weights'], 'cpu', precision=way.precision)
    return PINet(
        files[way.file],
        precision=way.precision,
        engine=way.engine,
        threads=threads)


def _ways_of_this_machine(config: str, files: Dict[str,
                                                   str]) -> Dict[str, Way]:
    """Leave those out that engines or processor have not, and say why."""
    ways = {}
    for name, way in WAYS.items():
        try:
            _open(way, config, files, 1)
        except (ImportError, ValueError) as error:
            print(f'{name}: left out. {error}')
        else:
            ways[name] = way
    return ways


def _starts(ways: Dict[str, Way], config: str, files: Dict[str, str],
            picture: str, setting: Setting) -> List[Row]:
    """From the start of a process to the persons of its first picture; for
    exported files as in an environment without PyTorch."""

    def call(way: Way) -> None:
        before, model = WITHOUT_TORCH, files[way.file]
        options = f'engine={way.engine!r}, threads=1'
        if not way.engine:
            before, model = '', config
            options = f'weights={files["weights"]!r}, device="cpu"'
        code = (f'{before}from mmpose_pinet.apis import PINet; PINet({model!r}'
                f', {options}, precision={way.precision!r})({picture!r})')
        subprocess.run([sys.executable, '-c', code],
                       check=True,
                       capture_output=True,
                       env=dict(os.environ, OMP_NUM_THREADS='1'))

    calls = {name: partial(call, way) for name, way in ways.items()}
    repeats = min(START_REPEATS, setting.repeats)
    seconds = measure(calls, repeats, torch.device('cpu'), 'start')
    return _against_reference('start, first picture', ways, seconds)


def _pictures(ways: Dict[str, Way], config: str, files: Dict[str, str],
              images: List, threads: int, setting: Setting) -> List[Row]:
    """One picture and a batch, and what bare products would take."""
    models = {
        name: _open(way, config, files, threads)
        for name, way in ways.items()
    }
    calls: Dict[str, Callable] = {}
    for name, model in models.items():
        calls[f'{name}/one'] = partial(model, images[0])
        calls[f'{name}/all'] = partial(model, images, batch_size=len(images))
    used = {
        'int8' if way.file == 'int8' else way.precision
        for way in ways.values()
    }
    precisions = [name for name in PRECISIONS if name in used]
    for precision in precisions:
        calls[f'limit {precision}'] = bare_product(precision, threads)
    seconds = measure(calls, setting.repeats, torch.device('cpu'),
                      f'deploy, {threads} threads')

    text = '1 thread' if threads == 1 else f'{threads} threads'
    one = {name: seconds[f'{name}/one'] for name in ways}
    several = {name: seconds[f'{name}/all'] for name in ways}
    rows = _against_reference(f'1 picture, {text}', ways, one)
    operations = count_operations(models[REFERENCE], images[0])
    for precision in precisions:
        limit = seconds[f'limit {precision}'] * operations / OPERATIONS
        rows.append(
            Row('deploy', f'  limit: bare product, {precision}', 's', limit,
                REFERENCE, one[REFERENCE]))
    return rows + _against_reference(f'{len(images)} pictures, {text}', ways,
                                     several)


def _against_reference(work: str, ways: Dict[str, Way],
                       seconds: Dict[str, float]) -> List[Row]:
    return [
        Row('deploy', f'{work}: {name}', 's', seconds[name],
            *(() if name == REFERENCE else (REFERENCE, seconds[REFERENCE])))
        for name in ways
    ]


def count_operations(model: PINet, image) -> int:
    """Count additions and multiplications of a picture on the torch path."""
    with FlopCounterMode(display=False) as counter:
        model(image)
    return counter.get_total_flops()


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Let PyTorch and OpenCV use so many threads, then as many as before."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(number)
    cv2.setNumThreads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
