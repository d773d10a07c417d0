"""Draws who can be painted: joints, and round shapes from far to near.

Every shape is the convex hull of circles (x, y, radius), and shapes are
painted from far to near. What hides what is thereby decided by the body, as
in life: the far arm lies behind the torso, a face is seen only from before.
"""
from dataclasses import dataclass
from typing import List, Optional

import numpy as np

from .figure import Figure, Shape
from .pose import Step, rotation

KEYPOINTS = ('nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear',
             'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
             'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
             'right_knee', 'left_ankle', 'right_ankle')

# The body parts at which a joint shows: where any other part lies in front
# of the joint, the joint is covered by the person's own body.
SHOWING_PARTS = dict(
    shoulder=('torso', 'upper_arm'),
    elbow=('upper_arm', 'forearm'),
    wrist=('forearm', ),
    hip=('torso', 'thigh'),
    knee=('thigh', 'shin'),
    ankle=('shin', ))


@dataclass
class Person:
    """Holds a posed person in the camera frame, in standing heights.

    Attributes:
        keypoints (np.ndarray): (17, 2) the COCO joints.
        showing (list[tuple[str]]): For each joint the parts at which it
            shows when they are in front.
        shapes (list[Shape]): From far to near.
        upright (np.ndarray): (2, ) the direction from the hips to the
            shoulders, along which patterns of the clothes run.
    """

    keypoints: np.ndarray
    showing: List[tuple]
    shapes: List[Shape]
    upright: np.ndarray

    @property
    def box(self) -> np.ndarray:
        """Bound the whole silhouette, covered or not: (4, ) x1, y1, x2, y2."""
        circles = np.concatenate([shape.circles for shape in self.shapes])
        centres, radii = circles[:, :2], circles[:, 2:]
        return np.concatenate([(centres - radii).min(0),
                               (centres + radii).max(0)])


def draw_person(rng: np.random.Generator,
                step: Optional[Step] = None) -> Person:
    """Draw the body, the cut of the clothes, the pose and the facing.

    Args:
        rng (np.random.Generator): Source of all choices.
        step (Step, optional): Of someone who walks: legs, arms and facing.
            With a generator of the same seed, it is the same person.

    Returns:
        Person: In the camera frame, one standing height long when upright,
        the point between the hips at the origin.
    """
    figure = Figure(rng, step)
    shoulder_width = rng.uniform(.098, .125) * figure.build**.5
    hip_width = rng.uniform(.062, .078) * figure.build**.5
    torso = (
        rotation(0, -rng.normal(6, 9)) @ rotation(2, rng.normal(0, 7))
        @ rotation(1, rng.normal(0, 10)))
    neck = torso @ [0, -rng.uniform(.27, .31), 0]
    sleeves = rng.choice(['long', 'short', 'none'], p=[.4, .48, .12])

    figure.legs(hip_width, long_trousers=rng.random() < .65)
    figure.arms(torso, neck, shoulder_width, sleeves)
    figure.torso(torso, neck, shoulder_width, hip_width)
    figure.head(torso, neck, long_hair=rng.random() < .4)

    joints = np.stack([figure.joints[name] for name in KEYPOINTS])
    return Person(
        keypoints=(joints @ figure.camera.T)[:, :2],
        showing=_find_showing(joints, neck, figure.to_depth),
        shapes=sorted(figure.shapes, key=lambda shape: -shape.depth),
        upright=(neck @ figure.camera.T)[:2])


def _find_showing(joints: np.ndarray, neck: np.ndarray,
                  to_depth: np.ndarray) -> List[tuple]:
    """Name for each joint (17, 3) the parts at which it shows."""
    showing = []
    for name, joint in zip(KEYPOINTS, joints):
        side, _, kind = name.rpartition('_')
        parts = SHOWING_PARTS.get(kind)
        if parts is None:
            showing.append((name, ))
            continue
        # Seen from the side, the far shoulder and hip lie behind the torso.
        middle = neck if kind == 'shoulder' else np.zeros(3)
        behind = (joint - middle) @ to_depth
        far = behind > .75 * np.linalg.norm(joint - middle)
        showing.append(
            tuple(part if part == 'torso' else f'{side}_{part}'
                  for part in parts if not (far and part == 'torso')))
    return showing
