"""Draws one image of a crowd: who stands where, and what of them is seen.

How much people overlap is chosen for each image, not left to chance.
"""
from itertools import repeat
from typing import Iterable, List, Optional, Tuple

import cv2
import numpy as np

from ..crowding import box_iou
from .person import KEYPOINTS, draw_person
from .picture import OVERSAMPLING, draw_background, paint_person, to_painted

MIN_IMAGE_SIZE = 64
# Standing heights, as a share of the image's side
HEIGHTS = (.36, .78)
# A person may be cut by the image border, by this share of its box
CUT = .1
# Whoever shows fewer joints than this is not asked for
MIN_SEEN_JOINTS = 5
IOU_TOLERANCE = .02


def _draw_max_iou(rng: np.random.Generator, crowded: bool) -> float:
    """Draw the largest box IoU that an image is to have."""
    if crowded:
        return rng.uniform(.54, .8)
    # People who stand apart are as much part of a crowd as those who meet.
    return 0. if rng.random() < .45 else rng.uniform(.05, .46)


def _find_place(rng: np.random.Generator, box: np.ndarray, placed: np.ndarray,
                iou: float, size: int) -> Optional[Tuple]:
    """Find where a person's largest box IoU with the others is as wanted.

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


def paint_people(
        background: np.ndarray, people: List[tuple],
        rngs: Iterable[np.random.Generator]) -> Tuple[np.ndarray, np.ndarray]:
    """Paint people from far to near, and see which joints show.

    Args:
        background (np.ndarray): (size, size, 3) uint8 BGR.
        people (list[tuple]): From far to near, each a person, its standing
            height in px, its origin (2, ) in px, and anything.
        rngs (Iterable[np.random.Generator]): Of each person's colours.

    Returns:
        tuple: The image (size, size, 3), and keypoints (N, 17, 3) as of
        :func:`draw_image`.
    """
    size = len(background)
    painted_size = (OVERSAMPLING * size, ) * 2
    canvas = cv2.resize(background, painted_size)
    owner = np.zeros(painted_size, np.uint8)
    bare = [
        paint_person(rng, canvas, owner, person, person_id, height, origin)
        for person_id, (rng, (person, height, origin,
                              *_)) in enumerate(zip(rngs, people), 1)
    ]
    keypoints = np.zeros((len(people), len(KEYPOINTS), 3))
    for i, (person, height, origin, *_) in enumerate(people):
        xy = np.round(person.keypoints * height + origin, 2)
        inside = ((xy >= 0) & (xy <= size - 1)).all(1)
        x, y = np.rint(to_painted(xy * inside[:, None])).astype(int).T
        seen = inside & bare[i] & (owner[y, x] == i + 1)
        keypoints[i, inside, :2] = xy[inside]
        keypoints[i, :, 2] = inside.astype(int) + seen
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
        background = draw_background(rng, image_size)
        image, keypoints = paint_people(background, people, repeat(rng))
        if ((keypoints[..., 2] == 2).sum(1) >= MIN_SEEN_JOINTS).all():
            break
    return image, label_people(people, keypoints)


def label_people(people: List[tuple], keypoints: np.ndarray) -> List[dict]:
    """Give each person its keypoints and box, as of :func:`draw_image`.

    Args:
        people (list[tuple]): Each ends with its box (4, ), left, top, right
            and bottom in px.
        keypoints (np.ndarray): (N, 17, 3).
    """
    persons = []
    for (*_, box), joints in zip(people, keypoints):
        low, high = np.round(box, 2).reshape(2, 2)
        bbox = np.concatenate([low, np.round(high - low, 2)])
        persons.append(dict(keypoints=joints, bbox=bbox))
    return persons
