"""Draws a crowd that walks: a video of people who cross, and their truth."""
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Tuple, Union

import cv2
import numpy as np

from mmpose_pinet.arguments import check_number

from .crowd import MIN_IMAGE_SIZE, label_people, paint_people
from .dataset import CATEGORY, as_annotation, write_annotations
from .person import draw_person
from .picture import draw_background
from .pose import STRIDE, Step

# Standing heights of the far and the near, as a share of the image's side
HEIGHTS = (.42, .66)
# Whoever is nearer stands lower: where the feet are, as a share of the side
GROUND = (.72, .97)
SPEEDS = (.5, .95)  # standing heights a second
# Whoever shows less than so many px is not in the picture.
EDGE = 4


class Walker(NamedTuple):
    """Someone who walks straight through the picture.

    Attributes:
        number (int): Identity, from 1.
        nearness (float): From 0, far, to 1.
        facing (float): Yaw in degrees, 90 to the right.
        speed (float): Standing heights a second.
        middle (float): Where it is at ``time``, as a share of the side.
        time (float): In seconds.
        phase (float): Of the stride, in radians, at ``time``.
    """

    number: int
    nearness: float
    facing: float
    speed: float
    middle: float
    time: float
    phase: float


def _gather_walkers(rng: np.random.Generator, count: int,
                    seconds: float) -> List[Walker]:
    """From far to near. They go left and right in turns, and all come through
    the middle at some time, so that they meet."""
    return [
        Walker(
            number=number,
            nearness=(number - rng.uniform(.2, .8)) / count,
            facing=(90 if number % 2 else -90) + rng.uniform(-25, 25),
            speed=rng.uniform(*SPEEDS),
            middle=rng.uniform(.35, .65),
            time=seconds * rng.uniform(.2, .8),
            phase=rng.uniform(0, 2 * np.pi)) for number in range(1, count + 1)
    ]


def _place(walker: Walker, seed: int, seconds: float, size: int) -> tuple:
    """Where someone is at a time: person, height, origin and box in px."""
    walked = walker.speed * (seconds - walker.time)
    rng = np.random.default_rng([seed, walker.number])
    person = draw_person(
        rng, Step(walker.facing, walker.phase + 2 * np.pi * walked / STRIDE))
    height, ground = (
        size * np.interp(walker.nearness, (0, 1), bounds)
        for bounds in (HEIGHTS, GROUND))
    sign = 1 if walker.facing > 0 else -1
    origin = np.array([
        walker.middle * size + sign * walked * height,
        ground - person.box[3] * height
    ])
    box = person.box * height + np.tile(origin, 2)
    return person, height, origin, box, rng


def draw_walk_frames(
        seconds: float = 4.,
        rate: float = 25.,
        num_persons: int = 6,
        seed: int = 0,
        image_size: int = 256) -> Iterator[Tuple[np.ndarray, List[dict]]]:
    """Draw the frames of a crowd that walks.

    Persons cross, cover each other, come and leave. The same arguments give
    the same frames.

    Args:
        seconds (float): How long it is.
        rate (float): Frames a second.
        num_persons (int): From 1 to 255.
        seed (int): Not negative.
        image_size (int): Side of a frame in px, at least 64.

    Yields:
        tuple: The frame (image_size, image_size, 3) uint8 BGR and its
        persons, from far to near, as of :func:`draw_image`, each with its
        ``track_id`` from 1. Whoever is not in the picture is left out.

    Raises:
        ValueError: If a number is out of its range.
    """
    check_number('seconds', seconds, above=0)
    check_number('rate', rate, above=0)
    check_number('num_persons', num_persons, least=1, most=255, whole=True)
    check_number('seed', seed, least=0, whole=True)
    check_number('image_size', image_size, least=MIN_IMAGE_SIZE, whole=True)
    return _draw(seconds, rate, num_persons, seed, image_size)


def _draw(seconds: float, rate: float, num_persons: int, seed: int,
          image_size: int) -> Iterator[Tuple[np.ndarray, List[dict]]]:
    rng = np.random.default_rng(seed)
    background = draw_background(rng, image_size)
    walkers = _gather_walkers(rng, num_persons, seconds)
    for frame in range(max(1, round(seconds * rate))):
        there = []
        for walker in walkers:
            *person, box, colours = _place(walker, seed, frame / rate,
                                           image_size)
            inside = box.clip(0, image_size - 1)
            if (inside[2:] - inside[:2] >= EDGE).all():
                there.append((walker.number, colours, (*person, inside)))
        numbers, colours, people = zip(*there) if there else ((), (), ())
        image, keypoints = paint_people(background, people, colours)
        persons = [
            dict(person, track_id=number)
            for number, person in zip(numbers, label_people(people, keypoints))
        ]
        yield image, persons


def draw_walk(out_file: Union[str, Path],
              seconds: float = 4.,
              rate: float = 25.,
              num_persons: int = 6,
              seed: int = 0,
              image_size: int = 256,
              progress: Callable = iter) -> Path:
    """Write a crowd that walks: a video, and ``.json`` of its name beside it.

    The JSON holds COCO's keypoints, with an image a frame (``frame_id`` from
    0, ``file_name`` the video's) and a ``track_id`` a person.

    Args:
        out_file (str | Path): The video, ``.mp4``; its folder is made.
        progress (Callable): Wraps the iterator over frames, as tqdm does.

    The others are those of :func:`draw_walk_frames`.

    Returns:
        Path: The annotation file. It comes last: while it is not there, the
        video is not whole.

    Raises:
        ValueError: If a number is out of its range, or the video cannot be
            written.
    """
    out_file = Path(out_file)
    ann_file = out_file.with_suffix('.json')
    out_file.parent.mkdir(parents=True, exist_ok=True)
    ann_file.unlink(missing_ok=True)
    frames = draw_walk_frames(seconds, rate, num_persons, seed, image_size)
    images, annotations = [], []
    writer = cv2.VideoWriter(
        str(out_file), cv2.VideoWriter_fourcc(*'mp4v'), rate,
        (image_size, image_size))
    if not writer.isOpened():
        raise ValueError(f'{out_file} cannot be written as a video: name it '
                         '.mp4, in a folder that can be written to')
    try:
        for frame, (image, persons) in enumerate(progress(frames)):
            writer.write(image)
            images.append(
                dict(
                    id=frame + 1,
                    frame_id=frame,
                    file_name=out_file.name,
                    width=image_size,
                    height=image_size))
            for person in persons:
                annotations.append(
                    dict(
                        as_annotation(frame + 1, person),
                        id=len(annotations) + 1,
                        track_id=person['track_id']))
    finally:
        writer.release()
    write_annotations(ann_file, images, annotations, CATEGORY)
    return ann_file
