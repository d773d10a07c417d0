"""An exported file that computes in 8-bit integers, as pictures tell it."""
import logging
from dataclasses import replace
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Union

import numpy as np
import onnx
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat,
                                      QuantType, quantize_static)

from mmpose_pinet.pictures.inputs import open_inputs, read_image
from mmpose_pinet.pictures.progress import show_progress
from mmpose_pinet.system.whole_file import replaced_when_whole

from .metadata import FileMetadata
from .resize import resize

# Where values may be rounded to 256 steps. Peaks, coordinates and refinement,
# which tell pixels and parts of them, stay in float32.
SCOPES = ('/backbone/', '/neck/')
OPERATIONS = {'Conv', 'Add', 'Relu', 'Resize'}


class NoPreparationHint(logging.Filter):
    """Drops the advice to fold norms first, which the export has done."""

    def filter(self, record: logging.LogRecord) -> bool:
        return 'pre-processing' not in record.getMessage()


class CalibrationPictures(CalibrationDataReader):
    """Hands pictures on, one by one, as the network takes them.

    Args:
        inputs (Iterable[np.ndarray]): uint8 (H, W, 3) BGR.
    """

    def __init__(self, inputs: Iterable[np.ndarray]) -> None:
        self._inputs = iter(inputs)

    def get_next(self) -> Optional[Dict[str, np.ndarray]]:
        """Return the next picture as the file's ``images``, ``None`` after
        the last."""
        pixels = next(self._inputs, None)
        return None if pixels is None else dict(images=pixels[None])


def quantize(source: Union[str, Path],
             target: Union[str, Path],
             pictures: Union[str, Path],
             most: int = 64) -> FileMetadata:
    """Write a file whose backbone and neck compute in int8.

    How large their values become is seen on pictures, of which some dozens
    are enough (static quantisation). Weights have a scale a channel.

    Args:
        source (str | Path): A file of ``pinet export``.
        target (str | Path): The file to write.
        pictures (str | Path): A folder, or a pattern, of pictures of the kind
            that the file is going to see.
        most (int): The most pictures to look at, taken at even steps.

    Returns:
        FileMetadata: What the new file tells of itself.

    Raises:
        FileNotFoundError: If there is no picture.
        ValueError: If a picture cannot be read, or the file is none of
            ``pinet export``, or a quantised one.
    """
    file = onnx.load(source)
    metadata = FileMetadata.from_props(
        {prop.key: prop.value
         for prop in file.metadata_props}, str(source))
    if metadata.quantized:
        raise ValueError(f'{source} computes in int8 already')
    found = list(open_inputs(pictures).pictures)
    steps = np.linspace(0, len(found) - 1, min(most, len(found))).astype(int)
    # a picture that cannot be read is told before minutes of work
    inputs = [resize(read_image(found[i]), metadata)[0] for i in steps]
    hints = NoPreparationHint()
    logging.getLogger().addFilter(hints)
    try:
        with replaced_when_whole(target) as unfinished:
            quantize_static(
                file,
                unfinished,
                CalibrationPictures(
                    show_progress(inputs, 'calibration', len(steps))),
                quant_format=QuantFormat.QDQ,
                nodes_to_quantize=nodes_to_round(file.graph),
                per_channel=True,
                # 7 bits: processors without VNNI add two products of 8 bits
                # in 16, and what is too large is lost
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8)
            rounded = onnx.load(unfinished)
            metadata = replace(metadata, quantized=True)
            onnx.helper.set_model_props(rounded, metadata.to_props())
            onnx.checker.check_model(rounded, full_check=True)
            onnx.save(rounded, unfinished)
    finally:
        logging.getLogger().removeFilter(hints)
    return metadata


def nodes_to_round(graph: onnx.GraphProto) -> List[str]:
    """Name the nodes that may compute in int8.

    Additions of a constant, such as the 0 that HRNet's sums start from, are
    none of them: OpenVINO cannot read them in int8, and they cost nothing.
    """
    constants = {value.name for value in graph.initializer}
    constants.update(name for node in graph.node if node.op_type == 'Constant'
                     for name in node.output)
    return [
        node.name for node in graph.node
        if node.op_type in OPERATIONS and node.name.startswith(SCOPES)
        and not (node.op_type == 'Add' and constants.intersection(node.input))
    ]
