"""Paints the pixels of a drawn crowd: clothes, light, and what is behind.

Pictures are painted at twice their size and reduced at the end, which gives
smooth edges. A position x of the final picture is 2x + 0.5 in the painted
one, as a pixel is named by its centre.
"""
import colorsys
from typing import Tuple

import cv2
import numpy as np

from .person import Person

OVERSAMPLING = 2

# (R, G, B) ranges between which a person's own tone is mixed
SKINS = ((255, 222, 190), (238, 190, 150), (214, 160, 118), (168, 112, 76),
         (112, 72, 48), (72, 46, 34))
HAIRS = ((28, 24, 24), (60, 40, 28), (110, 72, 40), (200, 160, 90),
         (226, 206, 150), (160, 70, 34), (168, 168, 172), (120, 50, 140))

_TURN = np.linspace(0, 2 * np.pi, 20, endpoint=False)
_CIRCLE = np.column_stack([np.cos(_TURN), np.sin(_TURN)])
# OpenCV draws at 1/16 px
_SHIFT = 4


def to_painted(points: np.ndarray) -> np.ndarray:
    """Take positions of the final picture to the one being painted."""
    return OVERSAMPLING * points + (OVERSAMPLING - 1) / 2


def _cloth(rng: np.random.Generator) -> np.ndarray:
    hue, saturation = rng.random(), rng.uniform(0, 1)**.7
    value = rng.uniform(.2, 1)
    return 255 * np.array(colorsys.hsv_to_rgb(hue, saturation, value))


def draw_palette(rng: np.random.Generator) -> dict:
    """Draw the colours that one person wears.

    Returns:
        dict: RGB (3, ) by material; 'shirt2' and 'trousers2' are the second
        colours of their patterns.
    """
    tone = rng.uniform(0, len(SKINS) - 1)
    skin = np.array([
        np.interp(tone, range(len(SKINS)), channel) for channel in zip(*SKINS)
    ])
    palette = dict(
        skin=skin,
        ear=.88 * skin,
        nose=.8 * skin,
        mouth=skin * (.8, .45, .45),
        eye=np.array((20, 20, 24)),
        hair=rng.choice(HAIRS) * rng.uniform(.8, 1.1),
        shirt=_cloth(rng),
        trousers=_cloth(rng) * .8,
        shoes=_cloth(rng) * .7,
        print=_cloth(rng))
    palette['shirt2'] = _cloth(rng)
    palette['trousers2'] = palette['trousers'] * rng.uniform(.6, 1.2)
    return palette


def _draw_pattern(rng: np.random.Generator, size: Tuple[int, int],
                  along: np.ndarray, height: float) -> np.ndarray:
    """Mark where the cloth has its second colour: (h, w) uint8, 0 or 1."""
    kind = rng.choice(['plain', 'hoops', 'stripes', 'checks', 'dots'],
                      p=[.45, .2, .12, .13, .1])
    step = along / np.linalg.norm(along) / (rng.uniform(.03, .08) * height)
    if kind == 'plain':
        return np.zeros(size, np.uint8)
    y, x = np.ogrid[:size[0], :size[1]]

    def phase(dx, dy):
        repeats = (dx * x + dy * y).astype(np.float32)
        return repeats - np.floor(repeats)

    if kind == 'hoops':
        pattern = phase(*step) < .5
    elif kind == 'stripes':
        pattern = phase(step[1], -step[0]) < .4
    elif kind == 'checks':
        pattern = (phase(*step) < .5) ^ (phase(step[1], -step[0]) < .5)
    else:
        pattern = np.hypot(phase(*step) - .5,
                           phase(step[1], -step[0]) - .5) < .3
    return pattern.astype(np.uint8)


def _draw_shapes(rng: np.random.Generator, person: Person, height: float,
                 origin: np.ndarray,
                 size: Tuple[int, int]) -> Tuple[np.ndarray, np.ndarray]:
    """Number the shape in front, from 1, and light it.

    Args:
        height (float): Standing height in painted px.
        origin (np.ndarray): (2, ) painted px of the point between the hips.
        size (tuple): (h, w) of both maps.
    """
    front, light = np.zeros((2, *size), np.uint8)
    circles = np.concatenate([shape.circles for shape in person.shapes])
    centres = circles[:, None, :2] * height + origin
    radii = circles[:, None, 2:] * height
    highlight = rng.uniform(-.3, .3, 2) - (0, .15)
    rims = np.rint((centres + radii * _CIRCLE) * 2**_SHIFT).astype(np.int32)
    lit = centres + radii * (highlight + .55 * _CIRCLE)
    lit = np.rint(lit * 2**_SHIFT).astype(np.int32)
    outline_width = 1 if height < 220 else 2

    stop = 0
    for number, shape in enumerate(person.shapes, 1):
        start, stop = stop, stop + len(shape.circles)
        outline = cv2.convexHull(rims[start:stop].reshape(-1, 2))
        # The far side of a person is a little darker than the near one.
        shade = min(max(205 - 200 * shape.depth, 160), 230)
        cv2.fillConvexPoly(front, outline, number, shift=_SHIFT)
        cv2.fillConvexPoly(light, outline, shade, shift=_SHIFT)
        if radii[start:stop].max() > 5:
            inner = cv2.convexHull(lit[start:stop].reshape(-1, 2))
            cv2.fillConvexPoly(light, inner, shade + 25, shift=_SHIFT)
            # Without it an arm is lost before a shirt of its own colour.
            cv2.polylines(
                light, [outline], True, 105, outline_width, shift=_SHIFT)
    return front, cv2.blur(light, (3, 3))


def paint_person(rng: np.random.Generator, canvas: np.ndarray,
                 owner: np.ndarray, person: Person, person_id: int,
                 height: float, origin: np.ndarray) -> np.ndarray:
    """Paint one person over what is already there.

    Args:
        rng (np.random.Generator): Source of colours and patterns.
        canvas (np.ndarray): (2H, 2W, 3) uint8 BGR, painted in place.
        owner (np.ndarray): (2H, 2W) uint8, in place set to ``person_id``
            where the person is painted.
        person (Person): Whom to paint.
        person_id (int): What to write into ``owner``, from 1 to 255.
        height (float): Standing height in px of the final picture.
        origin (np.ndarray): (2, ) px of the final picture where the point
            between the hips goes.

    Returns:
        np.ndarray: (17, ) bool, whether each joint is in the picture and not
        covered by the person's own body.
    """
    box = to_painted(person.box.reshape(2, 2) * height + origin)
    box += ((-2, -2), (3, 3))
    low, high = box.astype(int).clip(0, owner.shape[::-1])
    size = tuple((high - low)[::-1])
    front, light = _draw_shapes(rng, person, OVERSAMPLING * height,
                                to_painted(origin) - low, size)

    # Rows of the table: the shapes, and 128 on in their second colours
    palette = draw_palette(rng)
    pattern = _draw_pattern(rng, size, person.upright, OVERSAMPLING * height)
    materials = [shape.material for shape in person.shapes]
    colours = np.zeros((2, 128, 3))
    colours[0, 1:len(materials) +
            1] = [palette[material] for material in materials]
    colours[1, 1:len(materials) + 1] = [
        palette.get(f'{material}2', palette[material])
        for material in materials
    ]
    table = colours[..., ::-1].reshape(1, 256, 3).clip(0, 255).astype(np.uint8)
    person_image = cv2.LUT(cv2.merge([front + 128 * pattern] * 3), table)
    person_image = cv2.multiply(
        person_image, cv2.merge([light] * 3), scale=1 / 230)
    window = slice(low[1], high[1]), slice(low[0], high[0])
    cv2.copyTo(person_image, front, canvas[window])
    owner[window][front > 0] = person_id

    joints = to_painted(person.keypoints * height + origin) - low
    x, y = np.rint(joints).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < size[1]) & (y < size[0])
    numbers = front[y * inside, x * inside]
    parts = ['nothing'] + [shape.part for shape in person.shapes]
    return inside & [
        parts[number] in showing
        for number, showing in zip(numbers, person.showing)
    ]


def draw_background(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw a gradient with noise at several scales, lines and boxes.

    Returns:
        np.ndarray: (size, size, 3) uint8 BGR.
    """
    grey = rng.uniform(50, 210, (2, 2, 1))
    corners = (grey + rng.normal(0, 28, (2, 2, 3))).astype(np.float32)
    image = cv2.resize(corners, (size, size), interpolation=cv2.INTER_LINEAR)
    strength = rng.uniform(4, 30)
    for cells in (4, 11, 31, 83):
        noise = rng.normal(0, strength, (cells, cells, 1))
        noise = noise + rng.normal(0, strength / 3, (cells, cells, 3))
        image += cv2.resize(noise.astype(np.float32), (size, size))
        strength *= .75
    image = np.clip(image, 0, 255).astype(np.uint8)
    for _ in range(rng.integers(4, 22)):
        start, stop = rng.integers(-size // 8, size * 9 // 8, (2, 2)).tolist()
        colour = rng.uniform(20, 240, 3).tolist()
        if rng.random() < .45:
            stop = [a + (b - a) // 4 for a, b in zip(start, stop)]
            cv2.rectangle(image, start, stop, colour, -1, cv2.LINE_AA)
        else:
            thick = int(rng.integers(1, max(2, size // 28)))
            cv2.line(image, start, stop, colour, thick, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), rng.uniform(.4, 2))
