"""Draws how a person stands, walks, sits and turns: angles and directions.

All is in the body frame: a to the person's own left, y down, f forward.
"""
from typing import NamedTuple

import numpy as np

# Joint angles in degrees, each drawn uniformly. Pitch turns a limb forward
# from hanging down, abduction sideways away from the body.
# thigh pitch, thigh abduction, knee flexion
LEGS = dict(
    stand=((-8, 12), (1, 9), (0, 12)),
    walk=((-28, 36), (0, 7), (4, 42)),
    astride=((-6, 12), (12, 28), (0, 15)),
    lunge=((20, 70), (2, 15), (10, 80)),
    sit=((65, 95), (4, 22), (65, 100)))
LEGS_SHARE = (.34, .28, .14, .10, .14)
# upper arm pitch, abduction; then what the elbow adds to the forearm's
ARMS = dict(
    down=((-15, 20), (5, 18), (4, 40), (-10, 8)),
    swing=((-40, 45), (4, 15), (15, 70), (-10, 5)),
    raised=((-15, 25), (110, 170), (-10, 30), (-10, 45)),
    reaching=((45, 150), (2, 25), (0, 60), (-25, 10)),
    akimbo=((-25, 5), (35, 55), (10, 35), (-112, -85)),
    folded=((8, 35), (6, 22), (55, 100), (-45, -15)),
    sideways=((-15, 15), (55, 100), (-5, 20), (-35, 80)))
ARMS_SHARE = (.24, .18, .16, .12, .10, .10, .10)


def rotation(axis: int, degrees: float) -> np.ndarray:
    """Rotate about one axis, turning the next axis to the one after it."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    rotation = np.eye(3)
    angle = np.deg2rad(degrees)
    rotation[i, i] = rotation[j, j] = np.cos(angle)
    rotation[j, i] = np.sin(angle)
    rotation[i, j] = -rotation[j, i]
    return rotation


def limb_direction(pitch: float, abduction: float, side: int) -> np.ndarray:
    """Point a limb along (a, y, f); side is 1 for left, -1 for right."""
    pitch, abduction = np.deg2rad((pitch, abduction))
    return np.array([
        side * np.sin(abduction),
        np.cos(abduction) * np.cos(pitch),
        np.cos(abduction) * np.sin(pitch)
    ])


def draw_angles(rng: np.random.Generator, poses: dict, share: tuple) -> list:
    """Draw a left and a right limb's angles, most often of the same kind."""
    kinds = rng.choice(list(poses), size=2, p=share)
    if rng.random() < .6:
        kinds[1] = kinds[0]
    return [[rng.uniform(*bounds) for bounds in poses[kind]] for kind in kinds]


def draw_facing(rng: np.random.Generator) -> float:
    """Draw a yaw in degrees: 0 faces the viewer, 90 the right edge."""
    view = rng.random()
    if view < .35:
        return rng.normal(0, 20)
    if view < .55:
        return rng.normal(180, 20)
    return rng.uniform(-180, 180)


class Step(NamedTuple):
    """How far someone who walks is in the stride.

    Attributes:
        facing (float): Yaw in degrees: 90 walks to the right edge.
        phase (float): In radians; a stride, two steps, is a full turn.
    """

    facing: float
    phase: float

    def legs(self) -> list:
        """Angles of the left and the right leg, as of ``LEGS``."""
        swing = self.phase + np.array([0, np.pi])
        # the knee bends while its leg swings forward
        bent = 8 + 45 * np.maximum(np.cos(swing), 0)**2
        return np.stack([4 + 26 * np.sin(swing), [3, 3], bent], 1).tolist()

    def arms(self) -> list:
        """Angles of the left and the right arm, as of ``ARMS``: each swings
        with the other side's leg."""
        swing = self.phase + np.array([np.pi, 0])
        pitch = 25 * np.sin(swing)
        return np.stack([pitch, [8, 8], 25 + .4 * pitch, [0, 0]], 1).tolist()


# What a stride covers, in standing heights
STRIDE = .84
