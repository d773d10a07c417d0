"""Where the head's time goes, from features to persons.

30 persons stand apart in the image, and each of their parts is a candidate:
as many as the decoder takes. Features are those of an image of noise, as the
estimator hands them to the head.
"""
from functools import partial
from typing import List, Sequence, Tuple

import torch
from benchmark_heads import show_people
from benchmark_models import Setting, build_ours
from benchmark_people import draw_apart, test_batch
from benchmark_table import Row
from benchmark_timing import Parts, Stopwatch, measure
from torch import Tensor

from mmpose_pinet.models.layers import PoseRefinement


@torch.no_grad()
def run(setting: Setting) -> List[Row]:
    """Rows of refinement against its matrix products, and of the rest."""
    model = build_ours(setting.cfg, setting.device, 'test')
    head = model.head
    people = draw_apart(head.decoder.decode_max_instances, setting.shape)
    show_people(head, people, setting.shape)
    given = []
    hand_over = head.predict

    def remember(*args, **kwargs):
        given.append(partial(hand_over, *args, **kwargs))
        return hand_over(*args, **kwargs)

    head.predict = remember
    model.test_step(test_batch(setting.shape, 1))
    decode = given[0]

    stopwatch = Stopwatch(setting.device)
    stopwatch.watch('refinement', head.refinement)
    stopwatch.watch('point layer', head.point_layer)
    poses = []
    fuse = head.post_processor

    def count(keypoints, scores):
        poses.append(len(keypoints))
        return fuse(keypoints, scores)

    head.post_processor = stopwatch.wrap('fusion', count)

    def predict() -> Parts:
        return stopwatch.time(decode)

    predict()
    products = matrix_products(head.refinement, 2 * poses[0], setting.device)
    seconds = measure(
        dict(ours=predict, mm=partial(multiply, products)), setting.repeats,
        setting.device, 'decode')
    mflop = sum(2 * a.numel() * b.shape[1]
                for a, b in products) / (2 * poses[0] * 1e6)
    rest = seconds['ours/rest'] + seconds['ours/fusion']
    row = partial(Row, 'decode', unit='s')
    return [
        row(f'head, {poses[0]} candidates, flip', ours=seconds['ours']),
        row(f'  refinement, {mflop:.0f} MFLOP a pose',
            ours=seconds['ours/refinement'],
            peer='bare torch.mm',
            theirs=seconds['mm'],
            goal='>= 0.77x'),
        row('  point layer, 1x1 convolution of all maps',
            ours=seconds['ours/point layer']),
        row('  all the rest', ours=rest, goal='<= 15 ms'),
        row('    of which fusion', ours=seconds['ours/fusion'],
            goal='<= 5 ms'),
    ]


def matrix_products(refinement: PoseRefinement, num_poses: int,
                    device: torch.device) -> List[Tuple[Tensor, Tensor]]:
    """Random factors of all matrix products that refinement does.

    Args:
        refinement (PoseRefinement): The module.
        num_poses (int): t, of all views.
        device (torch.device): Where to multiply.

    Returns:
        list[tuple[Tensor]]: Pairs of matrices (a, b) and (b, c).
    """
    joints = refinement.num_keypoints
    channels = refinement.predict.in_features
    convolutions = 1 + 2 * len(refinement.blocks)
    sizes = [
        # the graph mixes joints, then a linear layer mixes channels
        (joints, joints, num_poses * channels),
        (joints * num_poses, channels, channels)
    ] * convolutions + [(num_poses, 3 * channels, channels),
                        (num_poses, channels, 2 * joints)]
    return [(torch.rand(a, b, device=device), torch.rand(b, c, device=device))
            for a, b, c in sizes]


def multiply(products: Sequence[Tuple[Tensor, Tensor]]) -> None:
    """Do all of them."""
    for a, b in products:
        torch.mm(a, b)
