"""A table of all command lines, and what is wrong with one argument of each.

A word ``{kind}`` or ``{kind.suffix}`` is an argument of that kind. A row of
the table has a good one in all of these places but one.
"""
import json
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

import cv2
import numpy as np
from random_weights import TINY, save_random_weights

from mmpose_pinet.datasets.drawn import draw_image

PINET = 'mmpose_pinet/__main__.py'
ANALYSIS = 'tools/analysis_tools'
CONVERTERS = 'tools/dataset_converters'

COMMANDS: List[Tuple[str, str]] = [
    (PINET, 'predict {picture} --model {config} --weights {weights} --out '
     '{out_folder} --score-thr {share} --batch-size {count} --device '
     '{device}'),
    (PINET, 'predict good.jpg --model {model.onnx} --threads {count}'),
    (PINET, 'predict {video} --model {config} --weights {weights} '
     '--max-missed {seed}'),
    (PINET, 'predict {pictures} --model {config} --weights {weights}'),
    (PINET, 'train {config} --work-dir {out_folder} --cfg-options {option}'),
    (PINET, 'test {config} {weights} --cfg-options {option}'),
    (PINET, 'run {script}'),
    (PINET, 'convert {official} {out.pth}'),
    (PINET, 'export {config} {weights} --out {out.onnx} --score-thr {share}'),
    (PINET, 'export {config} {weights} --out a.onnx --int8 --calibration '
     '{pictures}'),
    (PINET, 'check-data {config} --cfg-options {option}'),
    ('tools/train.py', '{config} --work-dir {out_folder} --cfg-options '
     '{option}'),
    ('tools/test.py', '{config} {weights} --work-dir {out_folder} '
     '--cfg-options {option}'),
    ('tools/deployment/export_onnx.py', '{config} {weights} --out {out.onnx}'),
    ('tools/deployment/test_exported.py',
     '{config} {model.onnx} --threads {count} --cfg-options {option}'),
    ('tools/model_converters/official_to_mmpose.py', '{official} {out.pth}'),
    ('tools/model_converters/transfer_keypoints.py', '{weights} {out.pth}'),
    (f'{CONVERTERS}/draw_crowd.py', '{out_folder} --num {count} --split '
     '{name} --seed {seed} --image-size 64 --workers {count}'),
    (f'{CONVERTERS}/draw_walk.py', '{out.mp4} --persons {count} --seed {seed} '
     '--image-size 64 --seconds {seconds}'),
    (f'{CONVERTERS}/draw_geckos.py',
     '{out_folder} --num-train {count} --num-val {count} --seed {seed}'),
    (f'{CONVERTERS}/prepare_ochuman.py', '{downloads} --out {out_folder}'),
    (f'{CONVERTERS}/prepare_crowdpose.py', '{downloads} --out {out_folder}'),
    (f'{CONVERTERS}/shrink_coco.py', '{downloads} {out_folder} --ids {ids}'),
    (f'{ANALYSIS}/benchmark.py', '--config {config} --device {device} '
     '--shape {side} 512 --batch {count} --threads {count} --repeats {count} '
     '--out {out.json}'),
    (f'{ANALYSIS}/compare_models.py', '--base {config} --models {config} '
     '--out {out_folder} --seed {seed} --processes {count} --val-interval '
     '{seed} --pictures {seed} --cfg-options {option}'),
    (f'{ANALYSIS}/part_occlusion.py',
     '{annotations} --config {config} --out {out.png}'),
    (f'{ANALYSIS}/get_flops.py', '{config} --shape {side} 128 --candidates '
     '{count} --cfg-options {option}'),
    (f'{ANALYSIS}/plot_crowd_curve.py', '{metrics} --out {out.png}'),
    (f'{ANALYSIS}/report.py', '{config} {dump.pkl} --out {out_folder} '
     '--num-images {count} --score-thr {share} --cfg-options {option}'),
    (PINET, 'report {config} {dump.json} --out {out_folder}'),
    (f'{ANALYSIS}/count_switches.py', '{truth} {tracked} --oks-thr {share}'),
    (f'{ANALYSIS}/plot_graph.py',
     '{weights} --config {config} --out {out.png}'),
    ('tools/misc/draw_architecture.py', '--out {out.png}'),
    ('tools/misc/draw_partitions.py', '--out {out.png}'),
    ('tools/misc/browse_targets.py', '{config} --num {count} --seed {seed} '
     '--out {out.png} --cfg-options {option}'),
    ('tools/misc/visualize_stages.py',
     '{config} {weights} {picture} --out {out.png} --score-thr {share}'),
    ('demo/image_demo.py', '{picture} {config} {weights} --out {out.jpg} '
     '--device {device} --score-thr {share}'),
    ('demo/lift_video.py', '{video} {config} {weights} {config} none.pth '
     '--out {out.json} --device {device}'),
    ('demo/drawn_crowd_demo.py', '--work-dir {out_folder} --data-root '
     '{out_folder} --num-train {count} --num-val {count} --seed {seed} '
     '--cfg-options {option}'),
]

SUFFIXES = dict(
    picture='jpg',
    video='avi',
    config='py',
    script='py',
    weights='pth',
    official='pth',
    annotations='json',
    metrics='json',
    truth='json',
    tracked='json')
FOLDERS = ('pictures', 'downloads', 'ids')
# what nothing can be written to, also by root
UNWRITABLE = '/proc/below'
WORDS = dict(
    count=['none', '0', '-1', '1.5', ''],
    seed=['none', '-1', '1.5', ''],
    side=['none', '0', '-32', '33', ''],
    share=['none', 'nan', ''],
    seconds=['none', '0', '-1', 'nan', ''],
    device=['none', 'cuda:99', ''],
    name=['../up', 'a/b', ''],
    option=['none', '=1', 'model.head', 'model=1', 'some=(1,2'])


class Try(NamedTuple):
    """A command line with one bad argument."""
    script: str
    arguments: List[str]
    kind: str
    bad: str

    @property
    def is_late(self) -> bool:
        """Whether it is only seen once a model is built, in seconds."""
        return self.kind in ('picture', 'pictures', 'video',
                             'weights') or self.bad == UNWRITABLE

    @property
    def is_finding(self) -> bool:
        """Whether it is what ``pinet check-data`` looks for."""
        return 'check-data' in self.arguments and (
            self.bad == 'model=1'
            or self.kind == 'config' and self.bad.startswith(
                ('empty', 'binary', 'text', 'number')))


def make_bad(folder: Path, suffix: str) -> Dict[str, str]:
    """Write files that are no good, and name what is not there."""
    end = f'.{suffix}' if suffix else ''
    contents = dict(
        empty=b'',
        binary=bytes(range(256)) * 8,
        text=b'Hello, this is only a text.\n',
        number=b'17\n')
    for name, content in contents.items():
        (folder / f'{name}{end}').write_bytes(content)
    (folder / f'folder{end}').mkdir(exist_ok=True)
    names = [*contents, 'folder', 'missing']
    return [f'{name}{end}' for name in names] + [f'plain/below{end}', '']


def bad_values(kind: str, folder: Path) -> List[str]:
    """List arguments that are not of a kind."""
    if kind in WORDS:
        return WORDS[kind]
    kind, _, suffix = kind.partition('.')
    if kind == 'script':  # what stands in one is its own
        return ['folder.py', 'missing.py', 'plain/below.py', '']
    if kind == 'out_folder':
        return ['plain', 'plain/below', UNWRITABLE, '']
    if kind == 'out':
        values = [f'folder.{suffix}', f'plain/below.{suffix}', '']
        (folder / f'folder.{suffix}').mkdir(exist_ok=True)
        if suffix in ('jpg', 'png'):
            values += ['a.none', 'none']
        return values
    if kind in FOLDERS:
        (folder / 'empty_folder').mkdir(exist_ok=True)
        values = ['plain', 'empty_folder', 'missing', 'plain/below', '']
        return values
    return make_bad(folder, suffix or SUFFIXES[kind])


def make_good(folder: Path) -> Dict[str, str]:
    """Write what is good, for the other arguments."""
    (folder / 'plain').write_text('a file')
    image, _ = draw_image(np.random.default_rng(0), 96)
    for name in ('pictures', 'downloads', 'ids'):
        (folder / name).mkdir()
    for name in ('pictures/0.jpg', 'good.jpg'):
        cv2.imwrite(str(folder / name), image)
    video = cv2.VideoWriter(
        str(folder / 'good.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 5, (96, 96))
    video.write(image)
    video.release()
    (folder / 'ids/train.txt').write_text('1')
    person = dict(iscrowd=0, keypoints=[1, 1, 2] * 17)
    for name, content in (('annotations',
                           dict(annotations=[person])), ('metrics', {
                               'coco/AP mean_iou [0, 1]':
                               0.5
                           }), ('truth', dict(images=[], annotations=[])),
                          ('tracked', dict(frames=[]))):
        (folder / f'{name}.json').write_text(json.dumps(content))
    return dict(
        config=str(TINY),
        weights=save_random_weights(folder / 'good.pth'),
        picture='good.jpg',
        video='good.avi',
        pictures='pictures',
        downloads='downloads',
        ids='ids',
        annotations='annotations.json',
        metrics='metrics.json',
        truth='truth.json',
        tracked='tracked.json',
        script='print_config.py',
        out_folder='out',
        count='1',
        seed='0',
        side='512',
        share='0.1',
        seconds='0.1',
        device='cpu',
        name='train',
        option='randomness.seed=0')


def list_tries(folder: Path) -> Iterator[Try]:
    """Write files to a folder, and list the table's rows."""
    good = make_good(folder)

    def word(text: str) -> str:
        if not text.startswith('{'):
            return text
        kind, _, suffix = text[1:-1].partition('.')
        return good.get(kind) or f'good-{kind}.{suffix or SUFFIXES.get(kind)}'

    for script, line in COMMANDS:
        words = line.split()
        for place, text in enumerate(words):
            if not text.startswith('{'):
                continue
            for bad in bad_values(text[1:-1], folder):
                # these write once they have read what the table has not
                if bad == UNWRITABLE and {'{downloads}', '--base'} & {*words}:
                    continue
                arguments = [word(other) for other in words]
                arguments[place] = bad
                yield Try(script, arguments, text[1:-1], bad)
