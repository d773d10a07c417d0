"""Writes a trained PINet to one ONNX file."""
import warnings
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
        ValueError: If a part's mirror image is no part, or the model keeps
            sizes of the picture that it is exported with, or has an operation
            that ONNX lacks.
        OSError: If the file cannot be written.
    """
    network = Network(model, metadata.flip_test).eval()
    side = metadata.size_factor
    # not square, and not one image: nothing may pass for a constant
    images = torch.zeros(2, 3 * side, 4 * side, 3, dtype=torch.uint8)
    candidates = {0: 'N'}
    fault = _fault_at_other_sizes(network, images)
    if fault:
        raise ValueError(
            f'{metadata.config} cannot be exported: its backbone or neck '
            'keeps sizes of the picture that it is exported with, and for '
            f"others {fault}. MMPose's FeatureMapProcessor does so where it "
            'concatenates or rescales: leave that out, PINetHead reads '
            'several feature maps, or take ConcatFPN')
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


def _fault_at_other_sizes(network: Network, images: torch.Tensor) -> str:
    """Tell what is wrong with other images in what the exporter keeps of a
    run with these; nothing where it finds what the network finds."""
    height, width = images.shape[1:3]
    random = torch.Generator().manual_seed(0)
    others = torch.randint(
        256, (1, width, height, 3), generator=random, dtype=torch.uint8)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter('ignore', torch.jit.TracerWarning)
        traced = torch.jit.trace(network, (images, ), check_trace=False)
        try:
            found = traced(others)
        except RuntimeError as error:  # as of maps that do not fit each other
            return f'ends in an error ({str(error).strip().splitlines()[-1]})'
        right = all(
            torch.allclose(one.float(), other.float(), atol=1e-2)
            for one, other in zip(found, network(others)))
    return '' if right else 'finds other poses'
