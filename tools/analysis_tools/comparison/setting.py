"""Puts every model in the setting of one config, the base.

All rows have the base's data, augmentation, backbone, neck, schedule, batch
and seed. A row brings its head, with the losses and the test that are
published with it, and the targets that its head is trained on.
"""
from copy import deepcopy
from typing import Callable, Dict, Iterator, List, Tuple

import torch
from mmengine.config import Config, ConfigDict
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS, MODELS

from .rows import Row

# How a head's persons are judged
JUDGED = ('score_mode', 'nms_mode', 'nms_thr')

# What a PINetPlusHead adds
BEYOND = ('localisation', 'scoring', 'localisation_loss', 'scoring_loss')


def put_in_setting(base: Config, row: Row) -> Config:
    """Copy the base config, with what a row brings and nothing else changed.

    Args:
        base (Config): Of a whole PINet, with refinement and fusion.
        row (Row): The row.

    Returns:
        Config: To train and to test the row.

    Raises:
        ValueError: If ``base`` is not of a whole PINet, or the row's head
            cannot be put in its place.
    """
    head = base.model.get('head', {})
    missing = [
        key for key in ('decoder', 'refinement', 'post_processor')
        if head.get(key) is None
    ]
    if head.get('type') != 'PINetHead' or missing:
        raise ValueError(
            f'{base.filename}: model.head must be a PINetHead with decoder, '
            'refinement and post_processor, to leave parts of it out; it is '
            f'a {head.get("type")!r}' +
            (f' without {" and ".join(missing)}' if missing else ''))
    cfg = deepcopy(base)
    if row.is_pinet:
        _change_pinet(cfg, row.config.model.head)
    else:
        _replace_pinet(cfg, row)
    return cfg


def _change_pinet(cfg: Config, theirs: ConfigDict) -> None:
    """Give the base's head another partition, graph or way of fusion, and
    what goes beyond the paper."""
    head, parts = cfg.model.head, theirs.decoder.parts
    head.type = theirs.type
    head.update({key: theirs[key] for key in BEYOND if key in theirs})
    head.decoder.parts = parts
    for pipeline, start in _target_steps(cfg.train_dataloader):
        pipeline[start].encoder.parts = parts
    if theirs.get('refinement'):
        head.refinement.graph = theirs.refinement.get('graph', 'dynamic')
    else:
        head.refinement = None
    fusion = theirs.get('post_processor') or dict(fuse=False)
    head.post_processor.fuse = fusion.get('fuse', True)
    if 'soft' in fusion:
        head.post_processor.soft = fusion.soft


def _replace_pinet(cfg: Config, row: Row) -> None:
    """Put another head in the place of PINet's, in its sizes and on its
    joints."""
    ours, theirs = cfg.model.head, row.config.model
    lacking = [
        key for key in ('decoder', 'in_channels', 'num_keypoints')
        if not theirs.head.get(key)
    ] + [
        f'decoder.{key}' for key in ('input_size', 'heatmap_size')
        if not theirs.head.get('decoder', {}).get(key)
    ]
    if lacking or not isinstance(theirs.head.in_channels, int):
        raise ValueError(
            f'{row.config.filename}: a {theirs.head.type} cannot read the '
            "base's features: it must have an in_channels of one map and a "
            'decoder with input_size and heatmap_size' +
            (f'; there is no {", ".join(lacking)}' if lacking else '') +
            '. Train it by its own config')
    with torch.device('meta'):
        pinet = MODELS.build(ours)  # knows its joints
    same_joints = _joints(cfg) == _joints(row.config)

    def fit(codec: ConfigDict) -> ConfigDict:
        return _scale(codec, ours.decoder.input_size, same_joints)

    head = ConfigDict(
        theirs.head,
        in_channels=ours.in_channels,
        num_keypoints=pinet.num_keypoints,
        decoder=fit(theirs.head.decoder))
    model = ConfigDict(
        type=theirs.type,
        data_preprocessor=cfg.model.data_preprocessor,
        backbone=cfg.model.backbone,
        # such a head reads one map, where PINet's reads all
        neck=cfg.model.get('neck')
        or dict(type='FeatureMapProcessor', concat=True),
        head=head)
    for key in ('train_cfg', 'test_cfg', 'post_processor'):
        if theirs.get(key) is not None:
            model[key] = deepcopy(theirs[key])
    views = cfg.model.get('test_cfg', {})
    model.setdefault('test_cfg', ConfigDict()).update({
        key:
        views.get(key, False)
        for key in ('flip_test', 'multiscale_test')
    })
    for place in (model, head):
        if place.get('post_processor') is not None:
            place.post_processor = _on_our_joints(place.post_processor, pinet,
                                                  ours.decoder)
    cfg.model = model
    _replace_targets(cfg, row, fit)
    judged = {
        key: value
        for key, value in row.config.test_evaluator.items() if key in JUDGED
    }
    for loop in ('test', 'val'):
        if cfg.get(f'{loop}_evaluator') is None:
            continue
        evaluator = cfg[f'{loop}_evaluator']
        for key in JUDGED:
            evaluator.pop(key, None)
        evaluator.update(judged)
        if not _takes_batches(head.type):
            cfg[f'{loop}_dataloader'].batch_size = 1


def _takes_batches(head: str) -> bool:
    """Whether a head of that type tests several images at once: ours do,
    and of MMPose's bottom-up heads some take the first alone."""
    return MODELS.get(head).predict.__module__.startswith('mmpose_pinet')


def _scale(codec: ConfigDict, input_size: Tuple[int, int],
           same_joints: bool) -> ConfigDict:
    """Bring a codec to another input, and its maps by the same ratio."""
    codec = deepcopy(codec)
    sizes = zip(codec.heatmap_size, codec.input_size, input_size)
    codec.heatmap_size = tuple(cells * ours // theirs
                               for cells, theirs, ours in sizes)
    codec.input_size = tuple(input_size)
    if not same_joints:  # an order of other joints; without it, as they come
        codec.pop('decode_keypoint_order', None)
    return codec


def _on_our_joints(post_processor: ConfigDict, pinet: torch.nn.Module,
                   decoder: ConfigDict) -> ConfigDict:
    """Give a post-processor the sigmas of the base's joints."""
    fitted = deepcopy(post_processor)
    if 'skeleton' in fitted and decoder.get('skeleton') is not None:
        fitted.skeleton = decoder.skeleton
    elif 'skeleton' in fitted or 'sigmas' in fitted:
        fitted.pop('skeleton', None)
        fitted.sigmas = pinet.post_processor.sigmas.tolist()
    return fitted


def _replace_targets(cfg: Config, row: Row, fit: Callable) -> None:
    """Train on the row's targets, behind the base's augmentation."""
    pipeline, start = next(_target_steps(row.config.train_dataloader), (0, 0))
    if not pipeline:
        raise ValueError(f'{row.config.filename}: train_dataloader has no '
                         'pipeline with GenerateTarget, so that nothing '
                         'tells what its head is trained on')
    tail = deepcopy(pipeline[start:])
    encoder = tail[0].encoder
    tail[0].encoder = [*map(fit, encoder)] if isinstance(
        encoder, (list, tuple)) else fit(encoder)
    for pipeline, start in list(_target_steps(cfg.train_dataloader)):
        pipeline[start:] = deepcopy(tail)


def _target_steps(node) -> Iterator[Tuple[List[ConfigDict], int]]:
    """Find the pipelines of a data loader that make targets, of wrapped
    datasets too, and the place of ``GenerateTarget`` in each."""
    if isinstance(node, dict):
        children = node.values()
    elif isinstance(node, (list, tuple)):
        children = node
        for place, step in enumerate(node):
            if isinstance(step, dict) and step.get('type') == 'GenerateTarget':
                yield node, place
    else:
        return
    for child in children:
        yield from _target_steps(child)


def _joints(cfg: Config) -> Dict[int, str]:
    """The names of a config's keypoints, in their order."""
    dataset = cfg.test_dataloader.dataset
    metainfo = dataset.get('metainfo') or DATASETS.get(dataset.type).METAINFO
    return parse_pose_metainfo(deepcopy(dict(metainfo)))['keypoint_id2name']
