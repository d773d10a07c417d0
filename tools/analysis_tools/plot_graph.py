"""Draw the joint graph that a PINet has learned beside its skeleton's.

The skeleton is that of --config, else of the config that MMEngine wrote into
the checkpoint. A checkpoint without one, such as a converted one of the
authors' release, has the release's skeleton of as many keypoints.
"""
import argparse
import ast
import sys
from typing import List, NamedTuple, Optional, Sequence, Tuple, Union

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import matplotlib
from mmpose.apis.inference import dataset_meta_from_config
from torch import Tensor

from mmpose_pinet.apis.configs import load_config
from mmpose_pinet.apis.zoo import find_config
from mmpose_pinet.codecs.skeletons import get_links
from mmpose_pinet.command_line import output_drawing, run_command
from mmpose_pinet.compat.checkpoints import load_checkpoint_file
from mmpose_pinet.datasets.metainfo import keypoint_names, skeleton_of
from mmpose_pinet.models.layers.graph_conv import normalized_adjacency

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

plt.rcParams['text.parse_math'] = False  # names of joints may have a $

ADJACENCY = 'head.refinement.adjacency'
Skeleton = Union[str, Sequence[Tuple[int, int]]]


class Graph(NamedTuple):
    """The adjacency of a checkpoint and the one that it began as.

    Attributes:
        learned (Tensor): (K, K). A row says what a joint takes from each
            joint (Eq. 9).
        skeleton (Tensor): (K, K), the skeleton's.
        names (list[str]): Of the K keypoints.
    """
    learned: Tensor
    skeleton: Tensor
    names: List[str]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('checkpoint', help='of a PINet with refinement')
    parser.add_argument(
        '--config', type=find_config, help='config of the model')
    parser.add_argument('--out', type=output_drawing, default='graph.png')
    return parser.parse_args()


def read_graph(checkpoint: str, config: Optional[str] = None) -> Graph:
    """Read the graph of a checkpoint.

    Args:
        checkpoint (str): Checkpoint of a model with PoseRefinement.
        config (str, optional): Config of that model. By default, what the
            checkpoint says about itself.

    Returns:
        Graph: With the names of the checkpoint's or the config's dataset, or
        numbers where neither names K keypoints.

    Raises:
        ValueError: If there is no graph, or its skeleton is unknown or has
            not K keypoints.
        OSError: If the file cannot be read.
    """
    content = load_checkpoint_file(checkpoint)
    try:
        return _graph_of(content, config)
    except ValueError as error:
        raise ValueError(f'{checkpoint}: {error}') from error


def _graph_of(content: dict, config: Optional[str]) -> Graph:
    state_dict = content.get('state_dict', content)
    meta = content.get('meta') or {}
    if not isinstance(state_dict, dict) or not isinstance(meta, dict):
        raise ValueError('its state_dict and meta must be dicts')
    learned = state_dict.get(ADJACENCY)
    if learned is None:
        raise ValueError(f'it has no {ADJACENCY!r}: it is of a model without '
                         'PoseRefinement')
    if not isinstance(learned, Tensor) or learned.dim() != 2 or \
            learned.shape[0] != learned.shape[1]:
        raise ValueError(f'its {ADJACENCY!r} is no matrix (K, K)')
    learned = learned.float()
    dataset_meta = meta.get('dataset_meta')
    if config is not None:
        cfg = load_config(config)
        head = cfg.model.head
        refinement = head.get('refinement') or {}
        skeleton = refinement.get('skeleton') or head.decoder.get(
            'skeleton', 'coco')
        dataset_meta = dataset_meta or dataset_meta_from_config(cfg)
    elif 'cfg' in meta:
        skeleton = read_skeleton(meta['cfg'])
    else:
        skeleton = _release_skeleton(len(learned))
    links = get_links(skeleton, len(learned))
    return Graph(learned, normalized_adjacency(links, len(learned)),
                 keypoint_names(len(learned), dataset_meta))


def read_skeleton(text: str) -> Skeleton:
    """Read the refinement's skeleton in the text of a config.

    The text comes out of a checkpoint: it is read and never run.

    Args:
        text (str): As ``Config.pretty_text`` writes it.

    Returns:
        str | list[tuple[int, int]]: ``model.head.refinement.skeleton``, else
        the decoder's, else PoseRefinement's default.

    Raises:
        ValueError: If the text is no config of plain values.
    """
    try:
        model, = (
            statement.value for statement in ast.parse(text).body
            if isinstance(statement, ast.Assign)
            and statement.targets[0].id == 'model')
        return (_read_value(model, 'head', 'refinement', 'skeleton')
                or _read_value(model, 'head', 'decoder', 'skeleton') or 'coco')
    except (AttributeError, SyntaxError, TypeError, ValueError, MemoryError,
            RecursionError) as error:  # the last two if nested too deeply
        raise ValueError('the config in it cannot be read: pass the model\'s '
                         'as --config') from error


def _read_value(node: ast.Call, *keys: str):
    """Read a plain value in nested calls of ``dict``; None if it lacks."""
    for key in keys:
        values = {item.arg: item.value for item in node.keywords}
        if key not in values:
            return None
        node = values[key]
    return ast.literal_eval(node)


def _release_skeleton(num_keypoints: int) -> str:
    try:
        return skeleton_of(num_keypoints)
    except ValueError as error:
        raise ValueError(
            f'it holds no config, and {error}: pass the config of the model '
            'as --config') from error


def plot(graph: Graph, out: str) -> None:
    """Draw both matrices in one scale of colours.

    Args:
        graph (Graph): What to draw.
        out (str): The picture to write.
    """
    names = graph.names
    limit = max(float(m.abs().max()) for m in graph[:2])
    figure, panels = plt.subplots(
        1, 2, figsize=(12, 6), layout='constrained', sharey=True)
    for axes, matrix, title in zip(panels, (graph.skeleton, graph.learned),
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
    graph = read_graph(args.checkpoint, args.config)
    plot(graph, args.out)
    change = (graph.learned - graph.skeleton).abs()
    linked = graph.skeleton > 0
    print(f'{args.out}: mean change of {change[linked].mean():.3f} where the '
          f'skeleton has a link, {change[~linked].mean():.3f} elsewhere')


if __name__ == '__main__':
    sys.exit(run_command(main))
