"""Builds what turns candidates into persons from a config."""
from typing import Callable, Optional, Sequence

from mmpose.registry import TASK_UTILS
from mmpose.utils.typing import OptConfigType

from mmpose_pinet.fusion import PoseFusion

TASK_UTILS.register_module(module=PoseFusion)


def build_post_processor(
        cfg: OptConfigType,
        num_keypoints: int,
        sigmas: Optional[Sequence[float]] = None) -> Optional[Callable]:
    """Build what a head turns candidates into persons with.

    Args:
        cfg (dict, optional): Config of :class:`PoseFusion` or of anything
            that is built and called alike. ``None`` builds nothing.
        num_keypoints (int): K.
        sigmas (list[float], optional): K, where ``cfg`` has none of its own.

    Raises:
        ValueError: If there are not K ``sigmas``.
    """
    if cfg is None:
        return None
    known = {} if sigmas is None else dict(sigmas=sigmas)
    post_processor = TASK_UTILS.build(cfg, default_args=known)
    sigmas = getattr(post_processor, 'sigmas', None)
    if sigmas is not None and len(sigmas) != num_keypoints:
        raise ValueError(f'post_processor.sigmas has {len(sigmas)} values, '
                         f'but num_keypoints={num_keypoints}')
    return post_processor
