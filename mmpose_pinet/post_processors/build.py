"""Builds what turns candidates into persons from a config."""
from typing import Callable, Optional, Sequence

from mmpose.registry import TASK_UTILS
from mmpose.utils.typing import OptConfigType

from mmpose_pinet.codecs.skeletons import load_skeleton
from mmpose_pinet.fusion import PoseFusion

TASK_UTILS.register_module(module=PoseFusion)


def build_post_processor(
        cfg: OptConfigType,
        num_keypoints: Optional[int] = None,
        sigmas: Optional[Sequence[float]] = None) -> Optional[Callable]:
    """Build what a model turns candidates into persons with.

    Args:
        cfg (dict, optional): Config of :class:`PoseFusion` or of anything
            that is built and called alike. Its ``skeleton``, as of
            :func:`load_skeleton`, stands for that body's ``sigmas``. ``None``
            builds nothing.
        num_keypoints (int, optional): K, where it is known.
        sigmas (list[float], optional): K, where ``cfg`` has none of its own.

    Raises:
        ValueError: If there are not K ``sigmas``, none for
            :class:`PoseFusion`, or both they and ``skeleton`` in ``cfg``; or
            as of :func:`load_skeleton`.
    """
    if cfg is None:
        return None
    cfg, key = dict(cfg), 'sigmas'
    if 'skeleton' in cfg:
        if 'sigmas' in cfg:
            raise ValueError('post_processor has both skeleton='
                             f'{cfg["skeleton"]!r} and sigmas: leave one out')
        key = f'skeleton={cfg["skeleton"]!r}'
        cfg['sigmas'] = load_skeleton(cfg.pop('skeleton')).sigmas
    elif sigmas is not None:
        cfg.setdefault('sigmas', sigmas)
    if cfg.get('type') in ('PoseFusion', PoseFusion) and 'sigmas' not in cfg:
        raise ValueError(
            'post_processor has no sigmas, and there is no codec of PINet to '
            "tell them: add skeleton='coco', 'crowdpose' or a metainfo file, "
            'or sigmas=[...], one a keypoint')
    post_processor = TASK_UTILS.build(cfg)
    sigmas = getattr(post_processor, 'sigmas', None)
    if sigmas is None or num_keypoints is None:
        return post_processor
    if len(sigmas) != num_keypoints:
        raise ValueError(f'post_processor.{key} has {len(sigmas)} values, '
                         f'but num_keypoints={num_keypoints}')
    return post_processor
