"""Draw what each stage of PINet finds in a picture (Fig. 4).

Part points with their scores, the coarse poses that grow from them (PPG),
those poses refined (PR), and the persons that fusion makes of them (PF): on
the picture as the network sees it, at one scale and without its mirror image.
"""
import argparse
import sys
from typing import Dict, NamedTuple, Sequence, Tuple

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from mmengine.dataset import pseudo_collate
from torch import Tensor

from mmpose_pinet.apis.torch_model import TorchModel
from mmpose_pinet.apis.zoo import find_config
from mmpose_pinet.command_line import number, output_drawing, run_command
from mmpose_pinet.models.heads import PINetHead
from mmpose_pinet.pictures.inputs import as_picture

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

WIDTH = 5  # of a panel, in inches


class Stages(NamedTuple):
    """What the stages find in one picture, in px of the network's input.

    Attributes:
        image (np.ndarray): (h, w, 3) RGB.
        parts (np.ndarray): (t, ) the part of each candidate.
        points (np.ndarray): (t, 2) part points.
        coarse (np.ndarray): (t, K, 2).
        refined (np.ndarray): (t, K, 2).
        scores (np.ndarray): (t, ) of the candidates, means over keypoints.
        fused (np.ndarray): (m, K, 2) the persons.
        links (list[tuple]): Pairs of keypoints.
        part_names (list[str]): S.
    """

    image: np.ndarray
    parts: np.ndarray
    points: np.ndarray
    coarse: np.ndarray
    refined: np.ndarray
    scores: np.ndarray
    fused: np.ndarray
    links: Sequence[Tuple[int, int]]
    part_names: Sequence[str]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'config', type=find_config, help="a PINet's, path or name")
    parser.add_argument('weights', help='the file of its weights')
    parser.add_argument('picture')
    parser.add_argument(
        '--score-thr',
        type=number,
        default=.1,
        help='the least score of a candidate or person (default: 0.1)')
    parser.add_argument(
        '--out',
        type=output_drawing,
        default='stages.png',
        help='picture to write (default: stages.png)')
    return parser.parse_args()


def open_model(config: str, weights: str, score_thr: float) -> TorchModel:
    """A PINet that tests at one scale and without mirror images.

    Raises:
        ValueError: If the config's model is another one.
    """
    model = TorchModel(config, weights, 'cpu', score_thr, None)
    head = model.model.head
    if not isinstance(head, PINetHead):
        raise ValueError(f'{config} has a {type(head).__name__}: only '
                         'PINetHead has these stages')
    model.model.test_cfg.update(flip_test=False, multiscale_test=False)
    return model


def find_stages(model: TorchModel, picture: str, score_thr: float) -> Stages:
    """Run a test of one picture, and keep what goes through its stages.

    Args:
        model (TorchModel): Of :func:`open_model`.
        picture (str): A file.
        score_thr (float): Candidates under it are left out.

    Raises:
        FileNotFoundError, ValueError: If it is no picture.
    """
    head = model.model.head
    seen: Dict[str, Tensor] = {}

    def generate(pyramid, images, parts, points):
        poses, features = PINetHead.generate(head, pyramid, images, parts,
                                             points)
        seen.update(parts=parts, points=points, coarse=poses)
        return poses, features

    def fuse(images, poses, scores, *args):
        seen.update(counted=images >= 0, refined=poses, scores=scores.mean(1))
        seen['persons'] = PINetHead.fuse(head, images, poses, scores, *args)
        return seen['persons']

    data = model.read(as_picture(picture))
    del data['picture']
    if isinstance(data['inputs'], (list, tuple)):  # of several scales
        data['inputs'] = data['inputs'][0]
    image = data['inputs'].permute(1, 2, 0).numpy()
    head.generate, head.fuse = generate, fuse
    try:
        with torch.no_grad():
            model.model.test_step(pseudo_collate([data]))
    finally:
        del head.generate, head.fuse
    shown = seen['counted'] & (seen['scores'] >= score_thr)
    scale = head.decoder.scale_factor

    def in_px(name: str) -> np.ndarray:
        return seen[name][shown].numpy() * scale

    meta = model.model.dataset_meta
    names = meta['keypoint_id2name']
    return Stages(
        image=image[..., ::-1],
        parts=seen['parts'][shown].numpy(),
        points=in_px('points'),
        coarse=in_px('coarse'),
        refined=in_px('refined'),
        scores=seen['scores'][shown].numpy(),
        fused=seen['persons'][0].keypoints,
        links=meta['skeleton_links'],
        part_names=[
            ' '.join(names[joint] for joint in part)
            for part in head.decoder.parts
        ])


def draw_poses(axes: Axes, poses: np.ndarray, links: Sequence[tuple],
               colours: np.ndarray) -> None:
    """Draw poses (n, K, 2) in px, each in its colour (n, 4)."""
    for pose, colour in zip(poses, colours):
        axes.add_collection(
            LineCollection([pose[list(link)] for link in links],
                           colors=[colour],
                           linewidths=1.5,
                           alpha=.8))
        axes.plot(*pose.T, '.', color=colour, markersize=4)


def draw_stages(stages: Stages) -> plt.Figure:
    """Draw four panels: a colour is a part in the first three, and a person
    in the last."""
    height, width = stages.image.shape[:2]
    figure, panels = plt.subplots(
        2,
        2,
        figsize=(2 * WIDTH, 2 * WIDTH * height / width + .8),
        layout='constrained')
    for axes in panels.flat:
        axes.imshow(stages.image)
        axes.set(xlim=(-.5, width - .5), ylim=(height - .5, -.5))
        axes.axis('off')
    points, coarse, refined, fused = panels.flat
    palette = plt.get_cmap('tab10' if len(stages.part_names) <=
                           10 else 'tab20')
    colours = palette(stages.parts)

    for part, name in enumerate(stages.part_names):
        chosen = stages.parts == part
        points.scatter(
            *stages.points[chosen].T,
            color=palette(part),
            marker='*',
            s=90,
            edgecolors='black',
            linewidths=.5,
            label=shortened(name))
    for place, score in zip(stages.points, stages.scores):
        points.annotate(
            f'{score:.2f}',
            place,
            xytext=(4, 3),
            textcoords='offset points',
            fontsize=6,
            color='white',
            bbox=dict(boxstyle='round,pad=.1', color='black', alpha=.5))
    points.legend(fontsize=6, loc='lower left', framealpha=.7)
    candidates = len(stages.points)
    points.set_title(f'{candidates} part points, and scores of their poses')
    draw_poses(coarse, stages.coarse, stages.links, colours)
    coarse.set_title(f'PPG: {candidates} coarse poses')
    draw_poses(refined, stages.refined, stages.links, colours)
    refined.set_title(f'PR: {candidates} refined poses')
    draw_poses(fused, stages.fused, stages.links,
               plt.get_cmap('tab20')(np.arange(len(stages.fused)) % 20))
    persons = 'person' if len(stages.fused) == 1 else 'persons'
    fused.set_title(f'PF: {len(stages.fused)} {persons}')
    return figure


def shortened(name: str, most: int = 3) -> str:
    """The first keypoints of a part, where it has many."""
    words = name.split()
    return ' '.join(words[:most] + ['...'] * (len(words) > most))


def main() -> None:
    args = parse_args()
    model = open_model(args.config, args.weights, args.score_thr)
    stages = find_stages(model, args.picture, args.score_thr)
    draw_stages(stages).savefig(args.out, dpi=120)
    print(f'{args.out}: {len(stages.points)} candidates, '
          f'{len(stages.fused)} persons')


if __name__ == '__main__':
    sys.exit(run_command(main))
