"""Writes a drawn crowd as a data set of COCO keypoints.

It stands in for OCHuman and CrowdPose where these cannot be had: in tests,
and in a demonstration that trains from nothing.
"""
import json
import os
import zlib
from functools import partial
from pathlib import Path
from typing import Callable, List, Optional

import cv2
import numpy as np

from mmpose_pinet.system.whole_file import (remove_unfinished,
                                            replaced_when_whole)

from ..crowding import crowd_index
from .crowd import MIN_IMAGE_SIZE, draw_image
from .person import KEYPOINTS
from .workers import map_in_workers

# COCO's own list, joints counted from 1
SKELETON = [[16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13],
            [6, 7], [6, 8], [7, 9], [8, 10], [9, 11], [2, 3], [1, 2], [1, 3],
            [2, 4], [3, 5], [4, 6], [5, 7]]
CATEGORY = dict(
    id=1,
    name='person',
    supercategory='person',
    keypoints=list(KEYPOINTS),
    skeleton=SKELETON)


def _write_image(index: int, folder: Path, seed: int, image_size: int) -> dict:
    """Draw image ``index`` into ``folder``; returns its part of the file.

    The image depends on seed, name of the folder and index alone, so that
    any process can draw it at any time.
    """
    split = zlib.crc32(folder.name.encode())
    rng = np.random.default_rng([seed, split, index])
    image, persons = draw_image(rng, image_size, crowded=index % 2 == 1)
    file_name = f'{index:06d}.jpg'
    _, content = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    with replaced_when_whole(folder / file_name) as unfinished:
        unfinished.write_bytes(content)
    keypoints = np.stack([person['keypoints'] for person in persons])
    bboxes = np.stack([person['bbox'] for person in persons])
    return dict(
        image=dict(
            id=index + 1,
            file_name=file_name,
            width=image_size,
            height=image_size,
            crowdIndex=round(crowd_index(keypoints, bboxes), 4)),
        annotations=[as_annotation(index + 1, person) for person in persons])


def as_annotation(image_id: int, person: dict) -> dict:
    """Turn a person of :func:`draw_image` into one of COCO's annotations,
    that has no id yet; ``area`` is that of its box."""
    joints, bbox = person['keypoints'], person['bbox']
    return dict(
        image_id=image_id,
        category_id=1,
        iscrowd=0,
        num_keypoints=int((joints[:, 2] > 0).sum()),
        keypoints=joints.ravel().tolist(),
        bbox=bbox.tolist(),
        area=float(bbox[2] * bbox[3]))


def draw_crowd(out_dir: str,
               num_images: int,
               split: str = 'train',
               seed: int = 0,
               image_size: int = 256,
               num_workers: Optional[int] = None,
               progress: Callable = iter) -> Path:
    """Draw a data set: ``OUT/SPLIT/*.jpg``, ``OUT/annotations/SPLIT.json``.

    Every second image has two boxes of an IoU above 0.5, the others have
    none. The same arguments give the same bytes, with any number of workers.
    The annotation file comes last: while it is not there, the set is not
    whole.
    ``area`` is the box area w * h, as in OCHuman, which has no masks either.

    Args:
        out_dir (str): Folder to write to; made if missing.
        num_images (int): How many, at least 1.
        split (str): Name of the set; two splits share no image.
        seed (int): Not negative.
        image_size (int): Side of the images in px, at least 64.
        num_workers (int, optional): Processes to draw with; None for one a
            core. More than one are spawned, and each of them imports the
            calling script: what that does itself must stand under
            ``if __name__ == '__main__':``.
        progress (Callable): Wraps the iterator over finished images, as tqdm
            does.

    Returns:
        Path: The annotation file.

    Raises:
        ValueError: If a number is out of its range.
        NotADirectoryError: If ``out_dir`` is a file.
        OSError: If a file cannot be written, as on a full disk.
        RuntimeError: If a process ends before its work is done, as it does
            where the calling script lacks that line.
    """
    num_workers = os.cpu_count() if num_workers is None else num_workers
    for name, value, least in (('num_images', num_images, 1),
                               ('seed', seed, 0), ('image_size', image_size,
                                                   MIN_IMAGE_SIZE),
                               ('num_workers', num_workers, 1)):
        if value < least:
            raise ValueError(f'{name} is {value}: it must be {least} or more')
    out_dir = Path(out_dir)
    if out_dir.exists() and not out_dir.is_dir():
        raise NotADirectoryError(
            f'{out_dir} is a file: name a folder to draw into')
    folder, ann_file = out_dir / split, out_dir / f'annotations/{split}.json'
    folder.mkdir(parents=True, exist_ok=True)
    ann_file.unlink(missing_ok=True)
    remove_unfinished(folder, '*.jpg')

    write = partial(
        _write_image, folder=folder, seed=seed, image_size=image_size)
    images = range(num_images)
    drawn = map(write, images) if num_workers == 1 else map_in_workers(
        write, images, num_workers)
    drawn = list(progress(drawn))
    annotations = [ann for image in drawn for ann in image['annotations']]
    annotations = [dict(id=i, **ann) for i, ann in enumerate(annotations, 1)]
    write_annotations(ann_file, [image['image'] for image in drawn],
                      annotations, CATEGORY)
    return ann_file


def write_annotations(ann_file: Path, images: List[dict],
                      annotations: List[dict], category: dict) -> None:
    """Write a file in COCO's form, of one category, whole or not at all."""
    content = dict(
        images=images, annotations=annotations, categories=[category])
    with replaced_when_whole(ann_file) as unfinished:
        unfinished.write_text(json.dumps(content))
