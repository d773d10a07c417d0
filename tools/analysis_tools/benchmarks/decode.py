"""Where the head's time goes, from features to persons.

30 persons stand apart in the image, and each of their parts is a candidate:
as many as the decoder takes. Features are those of an image of noise, as the
estimator hands them to the head.
"""
from functools import partial
from typing import List, Sequence, Tuple

import torch
from torch import Tensor

from mmpose_pinet.models.layers import PoseRefinement

from .heads import show_people
from .models import Setting, build_ours
from .people import draw_apart, test_batch
from .table import Row
from .timing import Stopwatch, measure

CALLS = dict(generate='PPG', refine='PR', fuse='PF')  # the head's


@torch.no_grad()
def run(setting: Setting) -> List[Row]:
    """Measure PPG, PR and PF, and PR against its bare matrix products."""
    model = build_ours(setting.cfg, setting.device, 'test')
    head = model.head
    people = head.decoder.decode_max_instances
    show_people(head, draw_apart(people, setting.shape), setting.shape)
    given = []
    predict = head.predict

    def remember(*args, **kwargs):
        given.append(partial(predict, *args, **kwargs))
        return predict(*args, **kwargs)

    head.predict = remember
    model.test_step(test_batch(setting.shape, 1))

    stopwatch = Stopwatch(setting.device)
    for call, part in CALLS.items():
        setattr(head, call, stopwatch.wrap(part, getattr(head, call)))
    candidates = people * head.decoder.num_parts
    # of the image and of its mirror image
    products = matrix_products(head.refinement, 2 * candidates, setting.device)
    seconds = measure(
        dict(
            ours=partial(stopwatch.time, given[0]),
            mm=partial(multiply, products)), setting.repeats, setting.device,
        'decode')
    mflop = sum(2 * a.numel() * b.shape[1]
                for a, b in products) / (2 * candidates * 1e6)
    row = partial(Row, 'decode', unit='s')
    return [
        row(f'head, {candidates} candidates, flip', ours=seconds['ours']),
        row('  PPG: columns and displacements', ours=seconds['ours/PPG']),
        row(f'  PR: columns and {mflop:.0f} MFLOP a pose',
            ours=seconds['ours/PR'],
            peer='bare torch.mm',
            theirs=seconds['mm']),
        row('  PF: scores compared, poses fused', ours=seconds['ours/PF']),
        row('  point maps, peaks, keypoint scores', ours=seconds['ours/rest']),
    ]


def matrix_products(refinement: PoseRefinement, num_poses: int,
                    device: torch.device) -> List[Tuple[Tensor, Tensor]]:
    """Make random factors of all matrix products that refinement does.

    Args:
        refinement (PoseRefinement): The module.
        num_poses (int): t, of all images and mirror images.
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
