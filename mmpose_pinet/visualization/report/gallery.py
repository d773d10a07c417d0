"""The pictures of a report, and what its page draws over them."""
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import cv2
import mmcv
import numpy as np

from mmpose_pinet.datasets.transforms.load_image import AS_STORED
from mmpose_pinet.evaluation.errors import POSE_KINDS, ImageErrors

from .run import Run
from .truth import Truth

FOLDER = 'pictures'
SIDE = 640  # px, the most that a picture is wide or high
# a letter for each of KEYPOINT_KINDS
LETTERS = '-gjism'


def gallery_of(truth: Truth, runs: Sequence[Run], num_images: int,
               out: Path) -> List[dict]:
    """Write pictures, and tell what is to be drawn over them.

    Images are taken at even steps through their crowding. One whose file
    cannot be read is drawn without it.

    Args:
        truth (Truth): Of the test.
        runs (list[Run]): To draw.
        num_images (int): How many, at most.
        out (Path): Of the report; pictures go into a folder of it.

    Returns:
        list[dict]: What JSON can hold, an image each, see ``report.js``.
    """
    ids = sorted(truth.crowding, key=lambda id_: (truth.crowding[id_], id_))
    steps = np.linspace(0, len(ids) - 1, min(num_images, len(ids)))
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    return [
        _image(truth, runs, ids[i], out / FOLDER / f'{number}.jpg')
        for number, i in enumerate(steps.round().astype(int).tolist())
    ]


def _image(truth: Truth, runs: Sequence[Run], id_: int, file: Path) -> dict:
    image = truth.coco.imgs[id_]
    size = _write_picture(truth.paths[id_], file)
    persons = [
        ann for ann in truth.coco.imgToAnns[id_]
        if not ann['iscrowd'] and any(ann['keypoints'][2::3])
    ]
    width, height = size or (image.get('width'), image.get('height'))
    return dict(
        name=str(image['file_name']),
        src=size and f'{FOLDER}/{file.name}',
        width=width,
        height=height,
        crowding=_rounded(truth.crowding[id_]),
        truth=[_points(ann) for ann in persons],
        runs=[
            _found(
                run.images.get(id_), [ann['id']
                                      for ann in persons], run.score_thr)
            for run in runs
        ])


def _write_picture(source: str, file: Path) -> Optional[tuple]:
    """Write a picture anew, no larger than need be; its former size."""
    try:
        image = mmcv.imread(source, flag=AS_STORED)
    except (OSError, cv2.error):
        image = None
    if image is None:
        return None
    height, width = image.shape[:2]
    scale = SIDE / max(width, height)
    if scale < 1:
        image = cv2.resize(
            image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 88])
    file.write_bytes(content)
    return width, height


def _found(image: Optional[ImageErrors], person_ids: List[int],
           score_thr: float) -> Dict[str, Any]:
    """What a run found in an image: its shown poses, whom it missed, and the
    mean over labelled persons of the OKS that each was found with."""
    if image is None:
        return dict(oks=None, poses=[], missed=[])
    shown = np.flatnonzero(image.scores >= score_thr)
    missed = image.is_missed(score_thr)
    found = shown[image.kinds[shown] == 0]
    number = {id_: i for i, id_ in enumerate(person_ids)}
    return dict(
        oks=_rounded(image.oks[found].sum() /
                     len(missed)) if len(missed) else None,
        missed=[
            number[id_] for id_ in image.person_ids[missed].tolist()
            if id_ in number
        ],
        poses=[
            dict(
                score=_rounded(image.scores[i]),
                oks=_rounded(image.oks[i]),
                kind=POSE_KINDS[image.kinds[i]],
                letters=''.join(LETTERS[kind]
                                for kind in image.keypoint_kinds[i]),
                points=[point[:2] for point in _points(image.poses[i])])
            for i in shown.tolist()
        ])


def _points(annotation: dict) -> list:
    points = np.reshape(np.array(annotation['keypoints'], float), (-1, 3))
    return points.round(1).tolist()


def _rounded(value: float) -> float:
    return round(float(value), 3)
