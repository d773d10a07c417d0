"""The numbers that a codec of PINet is built with."""
from mmpose.codecs.base import BaseKeypointCodec

from mmpose_pinet.arguments import check_number


def check_settings(codec: BaseKeypointCodec) -> None:
    """Refuse numbers that make no targets, or no peaks.

    Args:
        codec (PartSPR): With all of its numbers set.

    Raises:
        ValueError: With the number's name, its value and its range.
    """
    for name in 'input_size', 'heatmap_size':
        size = getattr(codec, name)
        if len(size) != 2:
            raise ValueError(f'PartSPR: {name}={size} must be (width, height)')
        for side in size:
            check_number(f'PartSPR: {name}', side, least=1)
    for name in 'sigma', 'radius':
        check_number(f'PartSPR: {name}', getattr(codec, name), above=0)
    for name in 'background_weight', 'min_instance_area', 'decode_thr':
        check_number(f'PartSPR: {name}', getattr(codec, name), least=0)
    check_number(
        'PartSPR: decode_max_instances',
        codec.decode_max_instances,
        least=1,
        whole=True)
