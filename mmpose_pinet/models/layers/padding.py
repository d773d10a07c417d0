"""Images of a batch that are smaller than the batch: nobody is in the rest."""
from typing import Optional, Sequence, Tuple

import torch
from mmpose.structures import PoseDataSample
from torch import Tensor


def content_shares(samples: Sequence[PoseDataSample]) -> Optional[Tensor]:
    """The share of a padded batch that each image fills.

    Args:
        samples (list[PoseDataSample]): B, with ``pad_shape`` and
            ``batch_input_shape`` (h, w) in their meta as MMPose's
            preprocessor leaves them. Images lie in the upper left corner.

    Returns:
        Tensor, optional: (B, 2) of width and of height; None if no image is
        padded.
    """
    metas = [sample.metainfo for sample in samples]
    shares = [[
        own / whole
        for own, whole in zip(meta['pad_shape'], meta['batch_input_shape'])
    ][::-1] for meta in metas if 'pad_shape' in meta]
    if not shares or min(map(min, shares)) == 1:
        return None
    return torch.tensor(shares)


def mask_padding(maps: Tensor, shares: Optional[Tensor],
                 size: Tuple[int, int]) -> Tensor:
    """Zero in point maps whatever lies beyond each image.

    Args:
        maps (Tensor): (B, M, H, W), or with a column more of two views.
        shares (Tensor, optional): (B, 2), see :func:`content_shares`.
        size (tuple[int, int]): (W, H) of the batch in cells.

    Returns:
        Tensor: As ``maps``.
    """
    if shares is None:
        return maps
    height, width = maps.shape[-2:]
    # a share of whole cells need not be whole again once it is multiplied
    columns, rows = (shares * shares.new_tensor(size)).round().unbind(-1)
    columns = columns + (width - size[0])
    inside = (torch.arange(height) < rows[:, None])[:, :, None] & \
        (torch.arange(width) < columns[:, None])[:, None]
    return maps * inside[:, None].to(maps)


def check_same_shape(samples: Sequence[PoseDataSample]) -> None:
    """Refuse a padded batch in a multi-scale test.

    Scales are aligned at the centre, which padding would move.

    Args:
        samples (list[PoseDataSample]): With ``img_shape`` in their meta.

    Raises:
        ValueError: If there are images of several shapes.
    """
    shapes = {tuple(sample.metainfo['img_shape']) for sample in samples}
    if len(shapes) > 1:
        raise ValueError(
            'multiscale_test needs images of one shape in a batch, not '
            f'{sorted(shapes)}: set test_dataloader.batch_size=1')
