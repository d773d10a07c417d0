"""Mistakes of a config: its model, pipelines, and whether they fit."""
from functools import partial
from typing import List, Optional, Tuple

from mmengine.config import Config, ConfigDict
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.datasets.transforms import GenerateTarget
from mmpose.registry import DATASETS, KEYPOINT_CODECS, MODELS, TRANSFORMS

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.engine.run_check_hook import (check_codec,
                                                check_mirrored_parts)
from mmpose_pinet.post_processors import build_post_processor

from .building import attempt
from .findings import Findings
from .joints import names_at_odds
from .sets import LOOPS, nested_datasets

# What a head builds of its own config, each with mistakes of its own
_HEAD_PARTS = ('refinement', 'post_processor')


def check_config(config: Config, findings: Findings) -> None:
    """Look for mistakes of a config that need no data.

    Args:
        config (Config): Of a training or test.
        findings (Findings): Added to.
    """
    model = config.get('model')
    if not isinstance(model, ConfigDict):
        findings.add('config', 'model', f'model: {model} is none')
        return
    for part in ('data_preprocessor', 'backbone', 'neck'):
        if model.get(part):
            attempt(MODELS.build, model[part], f'model.{part}', 'model',
                    findings)
    head = _build_head(model.get('head'), findings)
    if model.get('post_processor'):
        attempt(
            partial(
                build_post_processor,
                num_keypoints=getattr(head, 'num_keypoints', None)),
            model.post_processor, 'model.post_processor', 'model', findings)
    codec = getattr(head, 'decoder', None)
    if head is None and 'decoder' in (model.get('head') or {}):
        codec = attempt(KEYPOINT_CODECS.build, model.head.decoder,
                        'model.head.decoder', 'model', findings)
    flip_test = (model.get('test_cfg') or {}).get('flip_test', False)

    for loop in LOOPS:
        if not config.get(f'{loop}_dataloader'):
            continue
        dataset = config[f'{loop}_dataloader'].dataset
        encoders = _build_pipelines(dataset, loop, findings)
        metainfo = _metainfo(dataset, loop, findings)
        if not isinstance(codec, PartSPR):
            continue
        if loop == 'train':
            for key, encoder in encoders:
                try:
                    check_codec(codec, encoder, key)
                except ValueError as error:
                    findings.add('config', loop, str(error))
        elif flip_test and metainfo:
            try:
                check_mirrored_parts(codec, metainfo, loop)
            except ValueError as error:
                findings.add('config', loop, str(error))
        if metainfo:
            _compare_joints(head, codec, metainfo, loop, findings)


def _build_head(config: Optional[ConfigDict], findings: Findings):
    """Build a head without some of its parts, then with each, as one that
    fails would hide the mistakes of another."""
    if not config:
        return None
    parts = [part for part in _HEAD_PARTS if config.get(part)]
    head = None
    for kept in ([], *([part] for part in parts)):
        left_out = {part: None for part in parts if part not in kept}
        built = attempt(MODELS.build, dict(config, **left_out), 'model.head',
                        'model', findings)
        head = head or built
    return head


def _build_pipelines(dataset: ConfigDict, loop: str,
                     findings: Findings) -> List[Tuple[str, object]]:
    """Build each step of the pipelines; returns the codecs of targets."""
    encoders = []
    for key, config in nested_datasets(dataset, f'{loop}_dataloader.dataset'):
        for index, step in enumerate(config.get('pipeline', [])):
            built = attempt(TRANSFORMS.build, step, f'{key}.pipeline[{index}]',
                            loop, findings)
            if isinstance(built, GenerateTarget):
                several = built.encoder
                if not isinstance(several, list):
                    several = [several]
                encoders += [(f'{key}.pipeline', one) for one in several]
    return encoders


def _metainfo(dataset: ConfigDict, loop: str,
              findings: Findings) -> Optional[dict]:
    """What a loop's dataset says of its joints: the outermost that does."""
    for key, config in nested_datasets(dataset, f'{loop}_dataloader.dataset'):
        metainfo = config.get('metainfo') or getattr(
            DATASETS.get(config.type), 'METAINFO', None)
        if metainfo:
            return attempt(parse_pose_metainfo, metainfo, key, loop, findings)
    return None


def _compare_joints(head, codec: PartSPR, metainfo: dict, loop: str,
                    findings: Findings) -> None:
    joints = list(metainfo['keypoint_name2id'])
    count = getattr(head, 'num_keypoints', len(joints))
    if count != len(joints):
        findings.add(
            'joint_names', loop, f'model.head has {count} joints and the '
            f'metainfo of {loop}_dataloader.dataset {len(joints)}')
    odds = codec.skeleton and names_at_odds(codec.skeleton.names, joints)
    if odds:
        findings.add(
            'joint_names', loop, "the codec's skeleton and the metainfo of "
            f'{loop}_dataloader.dataset: {odds}')
