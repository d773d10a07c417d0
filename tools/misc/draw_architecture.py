"""Draw how data flows through PINet, in training and in inference."""
import argparse
import sys
from typing import List, NamedTuple, Tuple

import matplotlib
from matplotlib.axes import Axes

from mmpose_pinet.command_line import output_drawing, run_command

matplotlib.use('Agg')
from matplotlib import patches  # noqa: E402
from matplotlib import patheffects  # noqa: E402
from matplotlib import pyplot as plt  # noqa: E402

# The rooms of the package: the fill and the rim of their boxes.
COLOURS = {
    'datasets': ('#e3edf9', '#3b6ea8'),
    'codecs': ('#fdecd2', '#b8741a'),
    'models': ('#e2f2e1', '#3f8a45'),
    'fusion.py': ('#efe3f6', '#7b4a9c'),
}
TRAINING, SHARED, INFERENCE = 6.1, 3.7, 1.3  # heights of the lanes
LANES = {
    'training': (TRAINING, '#f6f8fb'),
    'both': (SHARED, '#ffffff'),
    'inference': (INFERENCE, '#fbf8f4'),
}
COLUMNS = [1.8 + 2.3 * column for column in range(7)]
WIDTH, HEIGHT = 2.12, 1.35
LINE = '#44546a'

Points = List[Tuple[float, float]]


class Box(NamedTuple):
    """A station of the data: where it stands, whose it is, what it does."""
    column: int
    lane: float
    room: str
    file: str  # in the room, unless that is a file
    title: str
    lines: str

    @property
    def centre(self) -> Tuple[float, float]:
        return COLUMNS[self.column], self.lane


BOXES = dict(
    pipeline=Box(0, TRAINING, 'datasets', 'transforms', 'Pipeline',
                 'affine, flip, box area,\nmask of crowds'),
    encode=Box(1, TRAINING, 'codecs', 'part_spr.py', 'PartSPR.encode',
               'people $\\to$ parts\n$\\to$ targets'),
    targets=Box(2, TRAINING, 'codecs', 'part_spr.py', 'Targets',
                'heatmaps $(K+S, H, W)$\nrows $(P, K, 2)$'),
    heatmap_loss=Box(3, TRAINING, 'models', 'heads/pinet_head.py',
                     'loss/heatmap', 'squared error\nof all maps'),
    displacement_loss=Box(4, TRAINING, 'models', 'heads/pinet_head.py',
                          'loss/displacement', 'smooth L1\nof the rows'),
    refine_loss=Box(5, TRAINING, 'models', 'heads/pinet_head.py',
                    'loss/refine', 'smooth L1\nof sampled rows'),
    images=Box(0, SHARED, 'models', 'data_preprocessors', 'Images',
               '$(B, 3, h, w)$\nmirrored ones: $2B$'),
    backbone=Box(1, SHARED, 'models', 'pose_estimators', 'Backbone',
                 'HRNet: maps of\nseveral strides'),
    pyramid=Box(2, SHARED, 'models', 'layers/feature_pyramid.py',
                'FeaturePyramid', 'levels as one map,\nnever concatenated'),
    points=Box(3, SHARED, 'models', 'heads/pinet_head.py', 'Point maps',
               '1x1: $K$ keypoint and\n$S$ part heatmaps'),
    ppg=Box(4, SHARED, 'models', 'heads/pinet_head.py', 'PPG: generate',
            'pose $= p + o(p)$\ncoarse $(t, K, 2)$'),
    pr=Box(5, SHARED, 'models', 'layers/pose_refinement.py', 'PR: refine',
           'graph convolution\nrefined $(t, K, 2)$'),
    picture=Box(0, INFERENCE, 'datasets', 'transforms', 'Picture',
                'short side 512;\nany scales'),
    peaks=Box(3, INFERENCE, 'codecs', 'part_spr.py', 'find_peaks',
              'part maps $\\to$ $t$ points\n$p$ with scores $r_p$'),
    scores=Box(5, INFERENCE, 'models', 'heads/pinet_head.py', 'Scored poses',
               'mirrored averaged in,\n$r = r_p \\, r_k$, input px'),
    pf=Box(6, INFERENCE, 'fusion.py', '', 'PF: fuse',
           'groups by OKS, the\nbest keypoints of each'),
)

# from, to; straight, between the nearest sides
STRAIGHT = [
    ('pipeline', 'encode'),
    ('encode', 'targets'),
    ('targets', 'heatmap_loss'),
    ('pipeline', 'images'),
    ('picture', 'images'),
    ('images', 'backbone'),
    ('backbone', 'pyramid'),
    ('pyramid', 'points'),
    ('ppg', 'pr'),
    ('points', 'heatmap_loss'),
    ('ppg', 'displacement_loss'),
    ('pr', 'refine_loss'),
    ('points', 'peaks'),
    ('pr', 'scores'),
    ('scores', 'pf'),
]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--out',
        type=output_drawing,
        default='docs/architecture.png',
        help='picture to write')
    return parser.parse_args()


def draw_box(axes: Axes, box: Box) -> None:
    """Draw a box with its title, what it does and its file."""
    fill, rim = COLOURS[box.room]
    x, y = box.centre
    axes.add_patch(
        patches.FancyBboxPatch((x - WIDTH / 2, y - HEIGHT / 2),
                               WIDTH,
                               HEIGHT,
                               boxstyle='round,pad=0,rounding_size=0.12',
                               facecolor=fill,
                               edgecolor=rim,
                               linewidth=1.2,
                               zorder=3))
    text = dict(ha='center', va='center', zorder=4)
    axes.text(
        x, y + 0.4, box.title, fontsize=8.8, weight='bold', color=rim, **text)
    axes.text(
        x,
        y - 0.02,
        box.lines,
        fontsize=7.8,
        color='#222222',
        linespacing=1.3,
        **text)
    axes.text(x, y - 0.5, box.file, fontsize=6.5, color=rim, alpha=0.9, **text)


def draw_path(axes: Axes, corners: Points, over: bool = False) -> None:
    """Draw an arrow along corners of the canvas; one that leads over other
    arrows gets a white rim."""
    *way, start, end = corners
    style = dict(color=LINE, linewidth=1.4)
    if over:
        rim = patheffects.withStroke(linewidth=5, foreground='white')
        style['path_effects'] = [rim]
    if way:
        axes.plot(
            *zip(*way, start), solid_capstyle='butt', zorder=1 + over, **style)
    head = dict(
        arrowstyle='-|>', shrinkA=0, shrinkB=0, mutation_scale=11, **style)
    axes.annotate('', end, start, arrowprops=head, zorder=1 + over)


def draw_straight(axes: Axes, start: Box, end: Box) -> None:
    (x0, y0), (x1, y1) = start.centre, end.centre
    dx = WIDTH / 2 * ((x1 > x0) - (x1 < x0))
    dy = HEIGHT / 2 * ((y1 > y0) - (y1 < y0))
    draw_path(axes, [(x0 + dx, y0 + dy), (x1 - dx, y1 - dy)])


def draw_bent(axes: Axes) -> None:
    """Draw the arrows that turn corners: targets to where they are used,
    peaks to the head, keypoint heatmaps to the scores."""
    half, high = WIDTH / 2, HEIGHT / 2
    x_targets, x_points, x_ppg = (COLUMNS[i] for i in (2, 3, 4))
    note = dict(fontsize=8.4, color=LINE, style='italic', zorder=5)

    # The target rows are one line over the losses and one into PPG.
    top = TRAINING + high + 0.32
    draw_path(axes, [(x_targets, TRAINING + high), (x_targets, top),
                     (COLUMNS[5], top), (COLUMNS[5], TRAINING + high)])
    draw_path(axes, [(x_ppg, top), (x_ppg, TRAINING + high)])
    axes.text(x_targets + 0.12, top - 0.2, 'rows', **note)
    middle = (TRAINING + SHARED) / 2
    draw_path(axes, [(x_targets, TRAINING - high), (x_targets, middle),
                     (x_ppg - half / 2, middle),
                     (x_ppg - half / 2, SHARED + high)], True)
    axes.text(x_targets + 0.12, middle + 0.1, "the rows' cells", **note)

    draw_path(axes, [(x_points + half, INFERENCE), (x_ppg, INFERENCE),
                     (x_ppg, SHARED - high)])
    axes.text(x_points + half + 0.12, INFERENCE - 0.42,
              'queries: (image,\npart, point)', **note)
    middle = (SHARED + INFERENCE) / 2
    draw_path(axes, [(x_points + half / 2, SHARED - high),
                     (x_points + half / 2, middle),
                     (COLUMNS[5] - half / 2, middle),
                     (COLUMNS[5] - half / 2, INFERENCE + high)], True)
    axes.text(x_ppg + 0.12, middle + 0.1, '$r_k$ from keypoint maps', **note)

    x_end = COLUMNS[6]
    draw_path(axes, [(x_end, INFERENCE + high), (x_end, INFERENCE + 1.25)])
    axes.text(
        x_end,
        INFERENCE + 1.52,
        'persons $(m, K, 2)$',
        ha='center',
        va='center',
        fontsize=9.5,
        weight='bold',
        color=COLOURS['fusion.py'][1])
    axes.text(
        (COLUMNS[1] + COLUMNS[2]) / 2,
        INFERENCE, 'A mirrored image is one more image of the batch.\n'
        'Every query lives in the frame of its own image;\n'
        'FlipTest doubles queries on the way in\n'
        'and averages poses and maps on the way out.',
        ha='center',
        va='center',
        linespacing=1.45,
        **note)


def draw_frame(axes: Axes) -> None:
    """Draw the lanes with their names, and which colour is which room."""
    right = COLUMNS[-1] + WIDTH / 2 + 0.2
    for name, (lane, colour) in LANES.items():
        axes.add_patch(
            patches.Rectangle((0.1, lane - 1.2),
                              right - 0.1,
                              2.4,
                              color=colour,
                              zorder=0))
        axes.text(
            0.4,
            lane,
            name,
            rotation=90,
            ha='center',
            va='center',
            fontsize=11,
            color=LINE)
    for i, (room, (fill, rim)) in enumerate(COLOURS.items()):
        x, y = COLUMNS[6] - 0.85, TRAINING + 0.55 - 0.38 * i
        axes.add_patch(
            patches.FancyBboxPatch((x, y - 0.09),
                                   0.26,
                                   0.18,
                                   boxstyle='round,pad=0,rounding_size=0.05',
                                   facecolor=fill,
                                   edgecolor=rim))
        axes.text(
            x + 0.4,
            y,
            room if room.endswith('.py') else f'{room}/',
            va='center',
            fontsize=9,
            color='#222222')
    axes.set(xlim=(0, right + 0.1), ylim=(0, TRAINING + 1.3))
    axes.set_aspect('equal')
    axes.axis('off')


def main() -> None:
    out = parse_args().out
    figure, axes = plt.subplots(figsize=(14.6, 6.4), dpi=120)
    draw_frame(axes)
    draw_bent(axes)
    for start, end in STRAIGHT:
        draw_straight(axes, BOXES[start], BOXES[end])
    for box in BOXES.values():
        draw_box(axes, box)
    figure.savefig(out, bbox_inches='tight', pad_inches=0.05)
    print(f'{out}: {len(BOXES)} stations of the data')


if __name__ == '__main__':
    sys.exit(run_command(main))
