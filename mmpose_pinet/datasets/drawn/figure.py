"""Builds the body of one person: a posed 3-D skeleton dressed in shapes.

Frames:
    - body: a to the person's own left, y down, f forward, the way the person
      faces; origin between the hips, unit the standing height
    - camera: x right, y down, z away from the viewer; orthographic, so that a
      joint is drawn where its (x, y) is
"""
from dataclasses import dataclass
from typing import Optional

import numpy as np

from .pose import (ARMS, ARMS_SHARE, LEGS, LEGS_SHARE, Step, draw_angles,
                   draw_facing, limb_direction, rotation)

SIDES = (('left', 1), ('right', -1))

# Where on a head of radius 1 the joints of the face are (a, y, f), how large
FACE = dict(
    nose=((0, .18, 1.12), .15),
    left_eye=((.38, -.1, .92), .15),
    right_eye=((-.38, -.1, .92), .15),
    left_ear=((1.02, .05, 0), .22),
    right_ear=((-1.02, .05, 0), .22))


@dataclass
class Shape:
    """Holds the convex hull of circles: a piece of a body part.

    Attributes:
        part (str): Body part, with its side where it has one.
        material (str): What colours it.
        depth (float): Mean z; the larger, the farther.
        circles (np.ndarray): (n, 3) x, y, radius in standing heights.
    """

    part: str
    material: str
    depth: float
    circles: np.ndarray


class Figure:
    """Collects the joints and the shapes of one person.

    Each method adds one region of the body. Together they set ``joints``, by
    COCO name (3, ) in the body frame, and ``shapes``, in the camera frame;
    lengths are in standing heights.

    Args:
        rng (np.random.Generator): Source of all choices. Whoever walks
            takes from it what others take: it is the same body in each step.
        step (Step, optional): How it walks.

    Attributes:
        build (float): How heavy the person is; 1 is slim.
        to_depth (np.ndarray): (3, ) from the body frame to depth.
        camera (np.ndarray): (3, 3) from the body frame to the camera's.
    """

    def __init__(self,
                 rng: np.random.Generator,
                 step: Optional[Step] = None) -> None:
        self.rng = rng
        self.step = step
        self.shapes = []
        self.joints = {}
        self.build = rng.uniform(.85, 1.3)
        facing = draw_facing(rng)
        turned = rotation(1, step.facing if step else facing)
        away = np.diag([1., 1., -1.])
        # Shapes are ordered by the depth before the camera's small tilt,
        # which would set the head before and the feet behind everything.
        self.to_depth = (away @ turned)[2]
        self.camera = (
            rotation(2, rng.normal(0, 7)) @ rotation(0, rng.uniform(0, 18))
            @ away @ turned)

    def add(self,
            part: str,
            material: str,
            points: np.ndarray,
            radii: np.ndarray,
            nearer: float = 0.) -> None:
        """Add the hull of balls; it lies at their mean depth."""
        points = np.atleast_2d(points)
        circles = np.empty((len(points), 3))
        circles[:, :2] = points @ self.camera[:2].T
        circles[:, 2] = radii
        depth = points.sum(0) @ self.to_depth / len(points) - nearer
        self.shapes.append(Shape(part, material, depth, circles))

    def wear(self, material: str, points: np.ndarray,
             radii: np.ndarray) -> None:
        """Put cloth on the shape added last, whatever way that points."""
        bare = self.shapes[-1]
        self.add(bare.part, material, points, radii)
        self.shapes[-1].depth = bare.depth - .001

    def legs(self, hip_width: float, long_trousers: bool) -> None:
        """Add hips, knees, ankles and shoes; draws how the legs stand."""
        rng, thick = self.rng, self.rng.uniform(.9, 1.15) * self.build
        thigh_length, shin_length = rng.uniform(.225, .26, 2)
        both = draw_angles(rng, LEGS, LEGS_SHARE)
        if self.step:
            both = self.step.legs()
        for (side, sign), (pitch, abduction, knee_flexion) in zip(SIDES, both):
            shin_pitch = pitch - knee_flexion
            hip = np.array([sign * hip_width, 0., 0.])
            knee = hip + thigh_length * limb_direction(pitch, abduction, sign)
            ankle = knee + shin_length * limb_direction(
                shin_pitch, abduction / 2, sign)
            toe_out = rng.uniform(0, 25)
            heel = ankle + .018 * limb_direction(shin_pitch, 0, sign)
            toes = heel + .085 * limb_direction(shin_pitch + 90, toe_out, sign)
            self.joints.update({
                f'{side}_hip': hip,
                f'{side}_knee': knee,
                f'{side}_ankle': ankle
            })
            cloth = 'trousers' if long_trousers else 'skin'
            self.add(f'{side}_thigh', cloth, [hip, knee],
                     [.056 * thick, .038 * thick])
            if not long_trousers:
                hem = hip + rng.uniform(.6, .9) * (knee - hip)
                self.wear('trousers', [hip, hem], [.060 * thick, .050 * thick])
            self.add(f'{side}_shin', cloth, [knee, ankle],
                     [.037 * thick, .023 * thick])
            self.add(f'{side}_shin', 'shoes', [heel, toes], [.026, .020], .003)

    def arms(self, torso: np.ndarray, neck: np.ndarray, shoulder_width: float,
             sleeves: str) -> None:
        """Add shoulders, elbows, wrists and hands; draws the gesture.

        Args:
            torso (np.ndarray): (3, 3) how the upper body is turned.
            neck (np.ndarray): (3, ) in the body frame.
            shoulder_width (float): From neck to shoulder.
            sleeves (str): 'long', 'short' or 'none'.
        """
        rng, thick = self.rng, self.rng.uniform(.9, 1.15) * self.build
        upper_length, fore_length = rng.uniform(.145, .175, 2)
        both = draw_angles(rng, ARMS, ARMS_SHARE)
        if self.step:
            both = self.step.arms()
        for (side, sign), angles in zip(SIDES, both):
            pitch, abduction, flexion, inward = angles
            fore = limb_direction(pitch + flexion, abduction + inward, sign)
            shoulder = neck + torso @ [sign * shoulder_width, 0, 0]
            elbow = shoulder + upper_length * torso @ limb_direction(
                pitch, abduction, sign)
            wrist = elbow + fore_length * torso @ fore
            fingers = wrist + .055 * torso @ fore
            self.joints.update({
                f'{side}_shoulder': shoulder,
                f'{side}_elbow': elbow,
                f'{side}_wrist': wrist
            })
            # A hanging arm is as deep as the torso: it lies on it.
            on_torso = .02
            cloth = 'shirt' if sleeves == 'long' else 'skin'
            self.add(f'{side}_upper_arm', cloth, [shoulder, elbow],
                     [.036 * thick, .027 * thick], on_torso)
            if sleeves == 'short':
                hem = shoulder + rng.uniform(.4, .8) * (elbow - shoulder)
                self.wear('shirt', [shoulder, hem],
                          [.041 * thick, .036 * thick])
            self.add(f'{side}_forearm', cloth, [elbow, wrist],
                     [.026 * thick, .019 * thick], on_torso + .001)
            self.add(f'{side}_forearm', 'skin', [wrist, fingers], [.020, .016],
                     on_torso + .002)

    def torso(self, torso: np.ndarray, neck: np.ndarray, shoulder_width: float,
              hip_width: float) -> None:
        """Add what lies between hips and neck; takes what ``arms`` takes."""
        rng, build = self.rng, self.build
        across = np.array([[1., 0, 0], [-1., 0, 0]])
        hips = hip_width * across
        shoulders = neck + shoulder_width * across @ torso.T
        waist = .35 * neck + .8 * hip_width * across
        belly = rng.uniform(.045, .06) * build
        self.add('torso', 'trousers', hips, .058 * build, -.002)
        self.add('torso', 'shirt', np.concatenate([shoulders, waist, hips]),
                 np.repeat([.040 * build, belly, .055 * build], 2))
        self.add('torso', 'skin', [neck, neck + torso @ [0, -.06, 0]],
                 .030 * build, -.001)
        # What tells a chest from a back: buttons, a zip, a print.
        if self.to_depth @ torso[:, 2] < -.15:
            chest = neck + torso @ [0, 0, .045 * build]
            top, bottom = np.sort(rng.uniform(.1, .95, 2))
            width = rng.uniform(.004, .02)
            self.add('torso', 'print',
                     [chest - top * neck, chest - bottom * neck], width, .003)

    def head(self, torso: np.ndarray, neck: np.ndarray,
             long_hair: bool) -> None:
        """Add face and hair; takes what ``arms`` takes."""
        rng = self.rng
        radius = rng.uniform(.066, .085)
        turned = torso @ rotation(1, rng.normal(0, 18)) @ rotation(
            0, rng.normal(0, 10))
        centre = neck + torso @ [0, -.045 - radius, 0]
        depth = centre @ self.to_depth

        def on_head(point):
            return centre + radius * (np.atleast_2d(point) @ turned.T)

        def before_head(points):
            return (depth - points @ self.to_depth) / radius

        self.add('head', 'hair', centre, radius)
        # The face is the part of the ball around its front that is seen.
        tilt, turn = np.meshgrid(
            np.deg2rad(rng.uniform(58, 74)) * np.linspace(-1, 1, 9),
            np.linspace(0, np.pi, 12))
        cap = np.stack([
            np.sin(tilt) * np.cos(turn),
            np.sin(tilt) * np.sin(turn),
            np.cos(tilt)
        ], -1).reshape(-1, 3)
        face = on_head(cap @ rotation(0, 12))
        face = face[before_head(face) > 0]
        if len(face) > 6:
            jaw = on_head([0, .42, .22])
            self.wear('skin', np.concatenate([face, jaw]),
                      np.append(np.zeros(len(face)), .66 * radius))
        if long_hair:
            self.add('hair', 'hair',
                     on_head([[0, -.2, -.3], [0, rng.uniform(1, 2.2), -.7]]),
                     radius * np.array([.85, .6]))
        for name, (place, size) in FACE.items():
            point = on_head(place)
            self.joints[name] = point[0]
            material = name.rpartition('_')[2]
            # An eye lies in the face; nose and ears stand out of the ball.
            if material != 'eye' or before_head(point) > .15:
                self.add(name, material, point, size * radius)
                if before_head(point) > 0:
                    self.shapes[-1].depth -= .004
        mouth = on_head([[-.25, .62, .82], [.25, .62, .82]])
        if before_head(mouth).min() > .15:
            self.add('head', 'mouth', mouth, .07 * radius, .003)
