"""Draw the joint graph that a PINet has learned beside its skeleton's."""
import argparse
from pickle import UnpicklingError
from typing import Tuple

import matplotlib
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor

from mmpose_pinet.codecs.partitions import SKELETONS
from mmpose_pinet.datasets.metainfo import metainfo_of, skeleton_of
from mmpose_pinet.models.layers.graph_conv import normalized_adjacency

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

ADJACENCY = 'head.refinement.adjacency'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint', help='of a PINet with refinement')
    parser.add_argument('--out', default='graph.png')
    return parser.parse_args()


def read_adjacencies(checkpoint: str) -> Tuple[Tensor, Tensor]:
    """The adjacency in a checkpoint and the one it began as.

    Args:
        checkpoint (str): Checkpoint of a model with PoseRefinement.

    Returns:
        tuple[Tensor, Tensor]: Learned and the skeleton's, (K, K) each. A row
        says what a joint takes from each joint (Eq. 9).

    Raises:
        ValueError: If there is none, or no skeleton has K keypoints.
        OSError, UnpicklingError: If the file cannot be read.
    """
    content = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu')
    state_dict = content.get('state_dict', content)
    if ADJACENCY not in state_dict:
        raise ValueError(
            f'{checkpoint} has no {ADJACENCY!r}: it is of a model '
            'without PoseRefinement')
    learned = state_dict[ADJACENCY].float()
    num_keypoints = len(learned)
    links = SKELETONS[skeleton_of(num_keypoints)]
    return learned, normalized_adjacency(links, num_keypoints)


def plot(learned: Tensor, skeleton: Tensor, out: str) -> None:
    """Both matrices in one scale of colours.

    Args:
        learned (Tensor): (K, K).
        skeleton (Tensor): (K, K).
        out (str): The picture to write.
    """
    names = metainfo_of(len(learned))['keypoint_id2name']
    names = [names[k].replace('_', ' ') for k in range(len(learned))]
    limit = max(float(m.abs().max()) for m in (learned, skeleton))
    figure, panels = plt.subplots(
        1, 2, figsize=(12, 6), layout='constrained', sharey=True)
    for axes, matrix, title in zip(panels, (skeleton, learned),
                                   ("the skeleton's", 'learned')):
        image = axes.imshow(
            matrix.numpy(), cmap='RdBu_r', vmin=-limit, vmax=limit)
        axes.set_title(title)
        axes.set_xticks(range(len(names)), names, rotation=90)
        axes.set_xlabel('from')
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylabel('to')
    figure.colorbar(image, ax=panels, shrink=0.8)
    figure.savefig(out, dpi=100)
    plt.close(figure)


def main() -> None:
    args = parse_args()
    try:
        learned, skeleton = read_adjacencies(args.checkpoint)
    except (OSError, ValueError, UnpicklingError) as error:
        raise SystemExit(f'{args.checkpoint}: {error}') from error
    plot(learned, skeleton, args.out)
    change = (learned - skeleton).abs()
    linked = skeleton > 0
    print(f'{args.out}: mean change of {change[linked].mean():.3f} where the '
          f'skeleton has a link, {change[~linked].mean():.3f} elsewhere')


if __name__ == '__main__':
    main()
