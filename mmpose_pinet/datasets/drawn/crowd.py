"""A crowd that is drawn: images of overlapping people with COCO keypoints.

It stands in for OCHuman and CrowdPose where these cannot be had: in tests,
and in a demonstration that trains from nothing. How much people overlap is
chosen for each image, not left to chance.
"""
import json
import multiprocessing
import os
import zlib
from functools import partial
from pathlib import Path
from typing import Callable, List, Optional, Tuple

import cv2
import numpy as np

from .crowding import box_iou, crowd_index
from .drawn_person import KEYPOINTS, draw_person
from .drawn_picture import (OVERSAMPLING, draw_background, paint_person,
                            to_painted)

# COCO's own list, joints counted from 1
SKELETON = [[16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13],
            [6, 7], [6, 8], [7, 9], [8, 10], [9, 11], [2, 3], [1, 2], [1, 3],
            [2, 4], [3, 5], [4, 6], [5, 7]]
MIN_IMAGE_SIZE = 64
# Standing heights, as a share of the image's side
HEIGHTS = (.36, .78)
# A person may be cut by the image border, by this share of its box
CUT = .1
# Whoever shows fewer joints than this is not asked for
MIN_SEEN_JOINTS = 5
IOU_TOLERANCE = .02


def _draw_max_iou(rng: np.random.Generator, crowded: bool) -> float:
    """The largest box IoU an image is to have."""
    if crowded:
        return rng.uniform(.54, .8)
    # People who stand apart are as much part of a crowd as those who meet.
    return 0. if rng.random() < .45 else rng.uniform(.05, .46)


def _find_place(rng: np.random.Generator, box: np.ndarray, placed: np.ndarray,
                iou: float, size: int) -> Optional[Tuple]:
    """Where a person's largest box IoU with the others is the one wanted.

    Args:
        box (np.ndarray): (4, ) the person's box in standing heights.
        placed (np.ndarray): (n, 4) boxes of the others in px.
        iou (float): Wanted, within ``IOU_TOLERANCE``.
        size (int): Side of the image.

    Returns:
        tuple, optional: Standing height in px, origin (2, ) and box (4, ) in
        px clipped to the image; None if no tried place will do.
    """
    heights = size * rng.uniform(*HEIGHTS, (1024, 1))
    extents = (box[2:] - box[:2]) * heights
    start, stop = -CUT * extents, size - (1 - CUT) * extents
    corners = start + rng.random(extents.shape) * (stop - start)
    boxes = np.column_stack([corners, corners + extents]).clip(0, size - 1)
    fits = (start < stop).all(1)
    if len(placed):
        fits &= abs(box_iou(boxes, placed).max(1) - iou) < IOU_TOLERANCE
    if not fits.any():
        return None
    best = fits.argmax()
    return heights[best], corners[best] - box[:2] * heights[best], boxes[best]


def _gather_people(rng: np.random.Generator, max_iou: float,
                   size: int) -> List[tuple]:
    """Draw two to five people; two of them overlap by ``max_iou``."""
    wanted = rng.integers(2, 6)
    people, boxes = [], np.empty((0, 4))
    while len(people) < 2:
        person = draw_person(rng)
        place = _find_place(rng, person.box, boxes, max_iou, size)
        if place is not None:
            people.append((person, *place[:2]))
            boxes = np.vstack([boxes, place[2]])
    # The others join where there is room for them, if there is.
    for _ in range(2 * (wanted - 2)):
        if len(people) == wanted:
            break
        person = draw_person(rng)
        place = _find_place(rng, person.box, boxes, rng.uniform(0, max_iou),
                            size)
        if place is not None:
            people.append((person, *place[:2]))
            boxes = np.vstack([boxes, place[2]])
    # Who stands lower in the image stands nearer.
    nearness = boxes[:, 3] + rng.normal(0, .03 * size, len(boxes))
    return [(*people[i], boxes[i]) for i in nearness.argsort()]


def _paint_people(rng: np.random.Generator, people: List[tuple],
                  size: int) -> Tuple[np.ndarray, np.ndarray]:
    """Paint from far to near; the image and the keypoints (N, 17, 3)."""
    painted_size = (OVERSAMPLING * size, ) * 2
    canvas = cv2.resize(draw_background(rng, size), painted_size)
    owner = np.zeros(painted_size, np.uint8)
    bare = [
        paint_person(rng, canvas, owner, person, name, height, origin)
        for name, (person, height, origin, _) in enumerate(people, 1)
    ]
    keypoints = np.zeros((len(people), len(KEYPOINTS), 3))
    for name, (person, height, origin, _) in enumerate(people, 1):
        xy = np.round(person.keypoints * height + origin, 2)
        inside = ((xy >= 0) & (xy <= size - 1)).all(1)
        x, y = np.rint(to_painted(xy * inside[:, None])).astype(int).T
        seen = inside & bare[name - 1] & (owner[y, x] == name)
        keypoints[name - 1, inside, :2] = xy[inside]
        keypoints[name - 1, :, 2] = inside.astype(int) + seen
    image = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return image, keypoints


def draw_image(rng: np.random.Generator,
               image_size: int = 256,
               crowded: Optional[bool] = None) -> Tuple[np.ndarray, List]:
    """Draw one image and its truth.

    Args:
        rng (np.random.Generator): Source of all choices.
        image_size (int): Side of the image in px, at least 64.
        crowded (bool, optional): Whether the largest IoU between two boxes
            lies above 0.5 or below. None leaves it to a fair coin.

    Returns:
        tuple:
        - image (np.ndarray): (image_size, image_size, 3) uint8 BGR.
        - persons (list[dict]): From far to near, each with ``keypoints``
          (17, 3) x, y in image px and visibility: 2 seen, 1 covered by
          someone nearer or by the person's own body, 0 (with x = y = 0)
          outside the image; and ``bbox`` (4, ) x, y, w, h in image px of the
          whole silhouette, covered or not, clipped to the image.

    Raises:
        ValueError: If ``image_size`` is less than 64.
    """
    if image_size < MIN_IMAGE_SIZE:
        raise ValueError(f'image_size is {image_size}: people can be told '
                         f'apart from {MIN_IMAGE_SIZE} px on')
    if crowded is None:
        crowded = rng.random() < .5
    max_iou = _draw_max_iou(rng, crowded)
    while True:
        people = _gather_people(rng, max_iou, image_size)
        image, keypoints = _paint_people(rng, people, image_size)
        if ((keypoints[..., 2] == 2).sum(1) >= MIN_SEEN_JOINTS).all():
            break
    persons = []
    for (*_, box), joints in zip(people, keypoints):
        low, high = np.round(box, 2).reshape(2, 2)
        bbox = np.concatenate([low, np.round(high - low, 2)])
        persons.append(dict(keypoints=joints, bbox=bbox))
    return image, persons


def _write_image(index: int, folder: Path, seed: int, image_size: int) -> dict:
    """Draw image ``index`` into ``folder``; its part of the COCO file.

    The image depends on seed, name of the folder and index alone, so that
    any process can draw it at any time.
    """
    split = zlib.crc32(folder.name.encode())
    rng = np.random.default_rng([seed, split, index])
    image, persons = draw_image(rng, image_size, crowded=index % 2 == 1)
    file_name = f'{index:06d}.jpg'
    path = folder / file_name
    if not cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 92]):
        raise OSError(f'cannot write {path}')
    keypoints = np.stack([person['keypoints'] for person in persons])
    bboxes = np.stack([person['bbox'] for person in persons])
    return dict(
        image=dict(
            id=index + 1,
            file_name=file_name,
            width=image_size,
            height=image_size,
            crowdIndex=round(crowd_index(keypoints, bboxes), 4)),
        annotations=[
            dict(
                image_id=index + 1,
                category_id=1,
                iscrowd=0,
                num_keypoints=int((joints[:, 2] > 0).sum()),
                keypoints=joints.ravel().tolist(),
                bbox=bbox.tolist(),
                area=float(bbox[2] * bbox[3]))
            for joints, bbox in zip(keypoints, bboxes)
        ])


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
    ``area`` is the box area w * h, as in OCHuman, which has no masks either.

    Args:
        out_dir (str): Folder to write to; made if missing.
        num_images (int): How many, at least 1.
        split (str): Name of the set; two splits share no image.
        seed (int): Not negative.
        image_size (int): Side of the images in px, at least 64.
        num_workers (int, optional): Processes to draw with; None for one a
            core. More than one are spawned: a script that calls this keeps
            its own doings under ``if __name__ == '__main__'``.
        progress (Callable): Wraps the iterator over finished images, as tqdm
            does.

    Returns:
        Path: The annotation file.

    Raises:
        ValueError: If a number is out of its range.
        NotADirectoryError: If ``out_dir`` is a file.
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
    ann_file.parent.mkdir(exist_ok=True)

    write = partial(
        _write_image, folder=folder, seed=seed, image_size=image_size)
    if num_workers == 1:
        drawn = list(progress(map(write, range(num_images))))
    else:
        # A forked process hangs in OpenCV once its parent has used threads.
        with multiprocessing.get_context('spawn').Pool(num_workers,
                                                       cv2.setNumThreads,
                                                       (1, )) as pool:
            drawn = list(progress(pool.imap(write, range(num_images))))
    annotations = [ann for image in drawn for ann in image['annotations']]
    content = dict(
        images=[image['image'] for image in drawn],
        annotations=[
            dict(id=i, **ann) for i, ann in enumerate(annotations, 1)
        ],
        categories=[
            dict(
                id=1,
                name='person',
                supercategory='person',
                keypoints=list(KEYPOINTS),
                skeleton=SKELETON)
        ])
    ann_file.write_text(json.dumps(content))
    return ann_file
