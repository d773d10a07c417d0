"""A head of five keypoints and three parts with weights of all kinds."""
import torch
import torch.nn as nn

from mmpose_pinet.models import PINetHead

K, S, C = 5, 3, 6


def build_small_head(size, **kwargs):
    """For maps of ``size`` (W, H) with stride 4; ``kwargs`` replace whole
    arguments."""
    torch.manual_seed(0)
    args = dict(
        in_channels=C,
        num_keypoints=K,
        decoder=dict(
            type='PartSPR',
            input_size=tuple(4 * side for side in size),
            heatmap_size=size,
            parts=[[0], [1, 2], [3, 4]]),
        refinement=dict(
            type='PoseRefinement',
            num_layers=1,
            skeleton=[(0, 1), (1, 2), (2, 3), (3, 4)]))
    head = PINetHead(**{**args, **kwargs})
    for layer in (head.point_layer, head.displacement_layer):
        nn.init.normal_(layer.weight)
        nn.init.normal_(layer.bias)
    return head
