"""A config and its weights as a file that runs without PyTorch."""
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Iterator, Optional, Union

import numpy as np
from mmengine.config import Config, ConfigDict
from mmengine.dataset import Compose
from mmpose.apis import init_model
from mmpose.datasets.transforms import BottomupResize
from mmpose.models.pose_estimators import BottomupPoseEstimator

from mmpose_pinet.deploy.export import export_onnx
from mmpose_pinet.deploy.metadata import FileMetadata
from mmpose_pinet.fusion import PoseFusion
from mmpose_pinet.models import PINetHead
from mmpose_pinet.models.persons import shown_from
from mmpose_pinet.pictures.inputs import open_inputs
from mmpose_pinet.version import __version__

from .configs import load_config
from .weights import load_weights

LICENCE = ('The code that made this file is under the Apache License 2.0. '
           'What the weights may be used for follows from the licences of the '
           'data they were trained on, see training_data and, for weights to '
           'start from, the config.')


def export_model(config: Union[str, Path],
                 checkpoint: Union[str, Path],
                 out: Union[str, Path],
                 flip_test: Optional[bool] = None,
                 score_thr: Optional[float] = None,
                 calibration: Union[str, Path, None] = None) -> FileMetadata:
    """Write a trained model to one ONNX file.

    Args:
        config (str | Path): Path of a PINet's config, or the name of one of
            this package's without ``.py``.
        checkpoint (str | Path): The file of its weights, or a checkpoint of
            the authors' release.
        out (str | Path): The file to write.
        flip_test (bool, optional): Whether mirrored pictures pass the network
            as well. By default as the config tests.
        score_thr (float, optional): The least score of a person, where
            whoever reads the file names none. By default 0.1, of a PINet+
            0.3.
        calibration (str | Path, optional): A folder of pictures of the kind
            that the file is going to see: its backbone computes in int8 then,
            see :func:`mmpose_pinet.deploy.quantize.quantize`.

    Returns:
        FileMetadata: What the file tells of itself.

    Raises:
        ValueError: If the weights do not fit the model, or its test is none
            that such a file can hold.
        OSError: If a file cannot be read or written.
    """
    if calibration is not None:
        open_inputs(calibration)  # before minutes of work
    config = load_config(config)
    model = init_model(config, device='cpu')
    model.dataset_meta = load_weights(model, checkpoint) or model.dataset_meta
    try:
        _check(model)
        metadata = _describe(model, config, flip_test, score_thr, checkpoint)
    except ValueError as error:
        raise ValueError(
            f'{config.filename} cannot be exported: {error}') from error
    if calibration is None:
        export_onnx(model, metadata, out)
        return metadata
    from mmpose_pinet.deploy.quantize import quantize  # needs ONNX Runtime

    with TemporaryDirectory() as folder:
        exact = Path(folder) / 'fp32.onnx'
        export_onnx(model, metadata, exact)
        return quantize(exact, out, calibration)


def _describe(model: BottomupPoseEstimator, config: Config,
              flip_test: Optional[bool], score_thr: Optional[float],
              checkpoint: Union[str, Path]) -> FileMetadata:
    head, meta = model.head, model.dataset_meta
    resize = _resize_of(config)
    fusion = head.post_processor
    if flip_test is None:
        flip_test = model.test_cfg.get('flip_test', False)
    if score_thr is None:
        score_thr = shown_from(model)
    names = meta['keypoint_id2name']
    return FileMetadata(
        keypoint_names=[names[i] for i in range(head.num_keypoints)],
        skeleton_links=meta['skeleton_links'],
        sigmas=np.asarray(meta['sigmas']).tolist()
        if fusion is None else fusion.sigmas.tolist(),
        flip_pairs=[(left, right)
                    for left, right in enumerate(meta['flip_indices'])
                    if left < right],
        parts=head.decoder.parts,
        stride=int(head.decoder.scale_factor[0]),
        size_factor=resize.size_factor,
        short_side=resize.input_size[0],
        pad_value=resize.pad_val,
        oks_thr=fusion and fusion.oks_thr,
        fuse=fusion is not None and fusion.fuse,
        soft=fusion is not None and fusion.soft,
        score_thr=score_thr,
        flip_test=flip_test,
        max_candidates=head.decoder.num_parts *
        head.decoder.decode_max_instances,
        training_data=_training_data(config),
        licence=LICENCE,
        checkpoint_sha256=sha256(Path(checkpoint).read_bytes()).hexdigest(),
        config=Path(config.filename).stem,
        exported_by=f'mmpose_pinet {__version__}',
        quantized=False)


def _check(model: BottomupPoseEstimator) -> None:
    """Refuse what a reader of the file could not make up for."""
    head = model.head
    if not isinstance(head, PINetHead):
        raise ValueError(f'it has a {type(head).__name__}, and only a '
                         'PINetHead can be exported')
    if model.test_cfg.get('multiscale_test', False):
        raise ValueError(
            'it tests at several scales, and an exported file looks at one: '
            'take the config without `_multiscale`, or set '
            'model.test_cfg.multiscale_test=False')
    if type(head.post_processor) not in (PoseFusion, type(None)):
        raise ValueError(
            f'it has a {type(head.post_processor).__name__} for a '
            'post_processor, and readers of the file know PoseFusion alone')
    strides = head.decoder.scale_factor
    if strides[0] != strides[1] or strides[0] % 1:
        raise ValueError(f'a cell of its heatmaps has {strides} px, which '
                         'must be whole and the same on both sides')


def _resize_of(config: Config) -> BottomupResize:
    """Find how pictures of the test come to their size."""
    for transform in Compose(
            config.test_dataloader.dataset.pipeline).transforms:
        if isinstance(transform, BottomupResize):
            width, height = transform.input_size
            if transform.resize_mode != 'expand' or width != height or \
                    transform.use_udp:
                raise ValueError(
                    'readers of the file know the short side of pictures, so '
                    'the BottomupResize of its test must have '
                    "resize_mode='expand', an input_size with equal sides "
                    'and no use_udp')
            return transform
    raise ValueError('its test pipeline has no BottomupResize')


def _training_data(config: Config) -> str:
    """Name the datasets of a config's training and their annotations."""

    def names(dataset: ConfigDict) -> Iterator[str]:
        inner = dataset.get('datasets', dataset.get('dataset'))
        if inner is None:
            yield f'{dataset.type} {dataset.get("ann_file", "")}'.strip()
            return
        for each in inner if isinstance(inner, (list, tuple)) else [inner]:
            yield from names(each)

    loader = config.get('train_dataloader')
    return ', '.join(names(loader.dataset)) if loader else 'unknown'
