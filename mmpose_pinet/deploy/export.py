"""Writes a trained PINet to one ONNX file."""
from pathlib import Path
from typing import Union

import onnx
import torch
from mmpose.models.pose_estimators import BottomupPoseEstimator

from mmpose_pinet.compat.onnx_export import export_traced
from mmpose_pinet.system.whole_file import replaced_when_whole

from .metadata import FileMetadata
from .network import Network

# The newest that PyTorch 2.1 writes.
OPSET = 17


def export_onnx(model: BottomupPoseEstimator, metadata: FileMetadata,
                path: Union[str, Path]) -> None:
    """Write a model to a file, from the pixels to candidate poses.

    The file takes ``images``, uint8 (N, H, W, 3) BGR, H and W multiples of
    ``size_factor``, and gives ``keypoints`` (N, T, K, 2) in px of these
    images, ``scores`` (N, T, K) and ``valid`` (N, T); see :class:`Network`.
    N, H and W are free. Nodes are named after the modules they come from.

    Args:
        model (BottomupPoseEstimator): With a :class:`PINetHead`, on a CPU.
        metadata (FileMetadata): What the file tells of itself; its
            ``flip_test`` says whether mirrored images pass as well.
        path (str | Path): The file to write. One that is there is replaced
            once the new one is whole.

    Raises:
        ValueError: If a part's mirror image is no part, or the model has an
            operation that ONNX lacks.
        OSError: If the file cannot be written.
    """
    network = Network(model, metadata.flip_test).eval()
    side = metadata.size_factor
    # not square, and not one image: nothing may pass for a constant
    images = torch.zeros(2, 3 * side, 4 * side, 3, dtype=torch.uint8)
    candidates = {0: 'N'}
    with replaced_when_whole(path) as unfinished:
        try:
            with torch.no_grad():
                export_traced(
                    network, (images, ),
                    str(unfinished),
                    input_names=['images'],
                    output_names=['keypoints', 'scores', 'valid'],
                    dynamic_axes=dict(
                        images={
                            0: 'N',
                            1: 'H',
                            2: 'W'
                        },
                        keypoints=candidates,
                        scores=candidates,
                        valid=candidates),
                    opset_version=OPSET)
        except torch.onnx.errors.OnnxExporterError as error:
            reason = str(error).split('. ')[0].split('\n')[0]
            raise ValueError(
                f'{metadata.config} cannot be exported, its model has an '
                f'operation that ONNX {OPSET} lacks: {reason}') from error
        file = onnx.load(unfinished)
        file.doc_string = ('PINet: candidate poses of people in crowded '
                           'pictures, fused by whoever reads them')
        onnx.helper.set_model_props(file, metadata.to_props())
        onnx.checker.check_model(file, full_check=True)
        onnx.save(file, unfinished)
