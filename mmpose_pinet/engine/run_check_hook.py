"""Mistakes of a config, told before a run starts."""
from typing import Iterable, Iterator, Tuple

import torch.nn as nn
from mmengine.hooks import Hook
from mmengine.logging import MessageHub
from mmengine.runner import Runner
from mmengine.runner.loops import BaseLoop
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.datasets.transforms import GenerateTarget
from mmpose.registry import HOOKS
from torch.utils.data import Dataset

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.codecs.partitions import mirror_parts

from .model_of import model_of

# What a codec's targets depend on. Its other keys are of decoding alone, and
# those of the head's codec count.
TARGET_KEYS = ('input_size', 'heatmap_size', 'parts', 'sigma', 'radius',
               'background_weight', 'min_instance_area')


@HOOKS.register_module()
class RunCheckHook(Hook):
    """Stop a run before it starts if its config or data cannot be right.

    Without it, these show after the first epochs of a training, at the first
    validation, or not at all:

    - ``iou_type='keypoints_crowd'`` on annotations whose images have no
      ``crowdIndex``;
    - ``test_cfg.flip_test`` with parts whose mirror image is no part;
    - a training pipeline whose targets are made by another codec than that
      of the head;
    - datasets of other keypoints than the head's.

    Looks at what the run has built: a test looks at no training pipeline. The
    last three are about :class:`PartSPR`; other codecs are left alone.

    Raises:
        ValueError: With the config, the key, the value and what to do.
    """

    def before_run(self, runner: Runner) -> None:
        """Check the loops that this run has built."""
        config = runner.cfg.filename or 'the config'
        model = model_of(runner)
        codec = getattr(getattr(model, 'head', None), 'decoder', None)
        try:
            if isinstance(codec, PartSPR):
                check_keypoints(runner, model.head)
            # the runner's properties would build the other loops as well
            for loop, name in ((runner._val_loop, 'val'), (runner._test_loop,
                                                           'test')):
                if not isinstance(loop, BaseLoop):
                    continue
                _check_metrics(loop.evaluator.metrics, name)
                if isinstance(codec, PartSPR) and (model.test_cfg or {}).get(
                        'flip_test', False):
                    check_mirrored_parts(codec,
                                         loop.dataloader.dataset.metainfo,
                                         name)
            if isinstance(runner._train_loop, BaseLoop) and isinstance(
                    codec, PartSPR):
                for key, encoder in _encoders(
                        runner._train_loop.dataloader.dataset,
                        'train_dataloader.dataset'):
                    check_codec(codec, encoder, key)
        except ValueError as error:
            raise ValueError(f'{config}: {error}') from error


def check_crowd_index(images: Iterable[dict], ann_file: str,
                      loop: str) -> None:
    """Check that images have what ``iou_type='keypoints_crowd'`` splits by.

    Args:
        images (Iterable[dict]): The entries of the annotation file.
        ann_file (str): Its path.
        loop (str): ``'val'`` or ``'test'``.

    Raises:
        ValueError: If an image has no ``crowdIndex``.
    """
    images = list(images)
    lacking = [image for image in images if 'crowdIndex' not in image]
    if lacking:
        raise ValueError(
            f"{loop}_evaluator has iou_type='keypoints_crowd', but "
            f'{len(lacking)} of the {len(images)} images of {ann_file} have '
            f'no crowdIndex, image {lacking[0].get("id")} for one: set '
            f"{loop}_evaluator.iou_type='keypoints', or add each image's "
            'crowdIndex to the file')


def check_mirrored_parts(codec: PartSPR, metainfo: dict, loop: str) -> None:
    """Check that each part has a mirror image among the parts.

    Args:
        codec (PartSPR): Of the head.
        metainfo (dict): Of the dataset under test, with ``flip_indices``.
        loop (str): ``'val'`` or ``'test'``.

    Raises:
        ValueError: If a part's mirror image is no part.
    """
    flip_indices = metainfo.get('flip_indices')
    if flip_indices is None:
        raise ValueError(
            f'model.test_cfg.flip_test needs flip_indices, but the metainfo '
            f'of {loop}_dataloader.dataset has none: name a metainfo with '
            '`swap` for its keypoints, or set model.test_cfg.flip_test=False')
    try:
        mirror_parts(codec.parts, flip_indices)
    except ValueError as error:
        raise ValueError(f'model.head.decoder, mirrored by the metainfo of '
                         f'{loop}_dataloader.dataset: {error}') from error


def check_codec(codec: PartSPR, encoder: BaseKeypointCodec, key: str) -> None:
    """Check that targets are made by the head's codec.

    Args:
        codec (PartSPR): Of the head.
        encoder (BaseKeypointCodec): Of a ``GenerateTarget`` of the training.
        key (str): Of its pipeline in the config.

    Raises:
        ValueError: If they make different targets.
    """
    if type(encoder) is not type(codec):
        odds = [('type', type(encoder).__name__, type(codec).__name__)]
    else:
        odds = [(name, getattr(encoder, name), getattr(codec, name))
                for name in TARGET_KEYS
                if getattr(encoder, name) != getattr(codec, name)]
    if odds:
        listed = ', '.join(f'{name}={theirs} in the pipeline but {ours} '
                           f'in the head' for name, theirs, ours in odds)
        raise ValueError(f'the encoder of GenerateTarget in {key} and '
                         f'model.head.decoder are at odds: {listed}. Give '
                         'both the same codec, in a config file that sets '
                         'both')


def _check_metrics(metrics: list, loop: str) -> None:
    """Check the images that metrics split; those that are no
    :class:`CocoMetric`, or that know no annotation file, are passed."""
    for metric in metrics:
        truth = getattr(metric, 'coco', None)
        if truth is None or getattr(metric, 'iou_type',
                                    None) != 'keypoints_crowd':
            continue
        ann_file = metric.ann_file or MessageHub.get_current_instance(
        ).get_info(f'{metric.dataset_meta["dataset_name"]}_ann_file')
        check_crowd_index(truth.imgs.values(), ann_file, loop)


def _encoders(dataset: Dataset, key: str) -> Iterator[Tuple[str, object]]:
    """The codecs of a dataset's pipeline, and of those that it wraps.

    Args:
        dataset (Dataset): A dataset or a wrapper of datasets.
        key (str): Its key in the config.

    Yields:
        tuple[str, BaseKeypointCodec]: The pipeline's key, and a codec.
    """
    pipeline = getattr(dataset, 'pipeline', None)
    for step in getattr(pipeline, 'transforms', []):
        if isinstance(step, GenerateTarget):
            encoders = step.encoder
            if not isinstance(encoders, list):
                encoders = [encoders]
            for encoder in encoders:
                yield f'{key}.pipeline', encoder
    if hasattr(dataset, 'dataset'):  # RepeatDataset, ClassBalancedDataset
        yield from _encoders(dataset.dataset, f'{key}.dataset')
    # ConcatDataset, CombinedDataset
    for i, part in enumerate(getattr(dataset, 'datasets', [])):
        yield from _encoders(part, f'{key}.datasets[{i}]')


def check_keypoints(runner: Runner, head: nn.Module) -> None:
    """Check that the datasets of a run have the keypoints of the head.

    Args:
        runner (Runner): Its loops that are built are looked at.
        head (PINetHead): With a :class:`PartSPR` as its decoder.

    Raises:
        ValueError: If a dataset's metainfo has another number of keypoints
            or, where the codec has a skeleton, other names or mirror pairs;
            with all of these at once.
    """
    loops = dict(
        train=runner._train_loop, val=runner._val_loop, test=runner._test_loop)
    odds = [
        f'{name}_dataloader.dataset has {odd}' for name, loop in loops.items()
        if isinstance(loop, BaseLoop)
        for odd in keypoint_odds(loop.dataloader.dataset.metainfo, head)
    ]
    if odds:
        raise ValueError('\n- '.join([
            'data and model.head.decoder are of other keypoints. Name the '
            "same body as `skeleton` of the codec and, if it is a file, as "
            '`metainfo=dict(from_file=...)` of every dataset:', *odds
        ]))


def keypoint_odds(metainfo: dict, head: nn.Module) -> Iterator[str]:
    """Tell where a dataset's keypoints are not those of the head.

    Args:
        metainfo (dict): Of the dataset, as MMPose parses it.
        head (PINetHead): With a :class:`PartSPR` as its decoder.

    Yields:
        str: What the dataset has, and what the head.
    """
    names, skeleton = metainfo['keypoint_id2name'], head.decoder.skeleton
    if len(names) != head.num_keypoints:
        yield f'{len(names)} keypoints, but the head {head.num_keypoints}'
    elif skeleton is not None:
        for k, name in enumerate(skeleton.names):
            flip, other = metainfo['flip_indices'][k], skeleton.flip_indices[k]
            if names[k] != name:
                yield (f'{names[k]!r} as keypoint {k}, but '
                       f'skeleton={skeleton.name!r} {name!r}')
            elif flip != other:
                yield (f'{names[flip]!r} as mirror image of {name!r}, but '
                       f'skeleton={skeleton.name!r} '
                       f'{skeleton.names[other]!r}')
