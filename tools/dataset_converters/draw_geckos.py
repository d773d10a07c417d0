"""Draw geckos seen from above as a keypoint data set in COCO format.

The data of configs/pinet/pinet_hrnet-tiny_own-keypoints.py: pictures of two
or three geckos of nine keypoints, some of which walk over others.
"""
import argparse
import sys
from pathlib import Path
from typing import Tuple

import cv2
import numpy as np

from mmpose_pinet.command_line import (count, natural, output_folder,
                                       run_command)
from mmpose_pinet.datasets.drawn.dataset import write_annotations

KEYPOINTS = ('snout', 'neck', 'belly', 'hip', 'tail', 'left_hand',
             'right_hand', 'left_foot', 'right_foot')
# from the neck to the hands, and from the hip to the feet
LEGS = ((1, 5), (1, 6), (3, 7), (3, 8))
BACK = (0.2, 0.2, 0.2, 0.4)  # from snout to tail, of a gecko's length
GIRTH = (0.06, 0.08, 0.12, 0.09, 0.02)  # at these five joints
SIZE = 128  # px, of a picture's sides
MARGIN = 4  # px of skin around keypoints


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=output_folder, help='folder to write to')
    parser.add_argument(
        '--num-train', type=count, default=300, help='pictures')
    parser.add_argument('--num-val', type=count, default=60, help='pictures')
    parser.add_argument('--seed', type=natural, default=0)
    return parser.parse_args()


def ahead(angle: float) -> np.ndarray:
    """A step (2, ) of length 1 to an angle from straight up, clockwise."""
    return np.array([np.sin(angle), -np.cos(angle)])


def pose_gecko(rng: np.random.Generator) -> np.ndarray:
    """Let a gecko lie somewhere in a picture, with its head up or nearly so.

    Args:
        rng (np.random.Generator): Decides where.

    Returns:
        np.ndarray: (9, 2) keypoints in px.
    """
    heading = rng.uniform(-0.8, 0.8)
    bend = rng.uniform(-0.35, 0.35)  # from each joint of the back to the next
    joints = np.zeros((len(KEYPOINTS), 2))
    for i, share in enumerate(BACK):
        joints[i + 1] = joints[i] - share * ahead(heading + i * bend)
    for (start, end), side, forward in zip(LEGS, (-1, 1, -1, 1),
                                           (0.3, 0.3, -0.3, -0.3)):
        angle = np.pi / 2 - forward - rng.uniform(-0.5, 0.5)
        joints[end] = joints[start] + rng.uniform(
            0.22, 0.28) * ahead(heading + start * bend + side * angle)
    length = SIZE * rng.uniform(0.42, 0.55)
    place = SIZE * rng.uniform(0.25, 0.75, 2)
    return (joints - joints.mean(0)) * length + place


def draw_gecko(canvas: np.ndarray, joints: np.ndarray,
               colour: Tuple[int, int, int]) -> None:
    """Draw a gecko over what is there.

    Args:
        canvas (np.ndarray): (H, W, 3) or (H, W), drawn on.
        joints (np.ndarray): (9, 2) keypoints in px.
        colour (tuple[int]): Of the canvas.
    """
    length = np.linalg.norm(np.diff(joints[:5], axis=0), axis=1).sum()
    points = [tuple(int(x) for x in joint) for joint in joints.round()]
    for start, end in LEGS:
        cv2.line(canvas, points[start], points[end], colour, 3)
        cv2.circle(canvas, points[end], 3, colour, -1)
    for start in range(4):
        # discs along the back, from one girth to the next
        for share in np.linspace(0, 1, 12):
            middle = (1 - share) * joints[start] + share * joints[start + 1]
            girth = (1 - share) * GIRTH[start] + share * GIRTH[start + 1]
            cv2.circle(canvas, tuple(int(x) for x in middle.round()),
                       max(1, round(girth * length)), colour, -1)


def draw_picture(
        rng: np.random.Generator) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw two or three geckos on rough ground.

    Args:
        rng (np.random.Generator): Decides which.

    Returns:
        tuple[np.ndarray]: Picture (H, W, 3), keypoints (N, 9, 2) in px, and
        (N, 9) 2 where they are seen, 1 where another gecko covers them, 0
        outside the picture.
    """
    ground = rng.integers(60, 120, (SIZE // 8, SIZE // 8, 3)).astype(np.uint8)
    picture = cv2.resize(ground, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    owners = np.full((SIZE, SIZE), -1, np.int32)
    geckos = np.stack([pose_gecko(rng) for _ in range(rng.integers(2, 4))])
    for i, joints in enumerate(geckos):
        colour = rng.integers(130, 256, 3).tolist()
        draw_gecko(picture, joints, colour)
        draw_gecko(owners, joints, i)
        for eye in (-2, 2):
            place = joints[0] + eye * ahead(np.pi / 2)
            cv2.circle(picture, tuple(int(x) for x in place.round()), 1,
                       (0, 0, 0), -1)
    cells = geckos.round().astype(int)
    inside = ((cells >= 0) & (cells < SIZE)).all(-1)
    x, y = np.clip(cells, 0, SIZE - 1).transpose(2, 0, 1)
    seen = owners[y, x] == np.arange(len(geckos))[:, None]
    noise = rng.normal(0, 6, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return picture, geckos, np.where(inside, 1 + seen, 0)


def write_set(out: Path, split: str, num_pictures: int, seed: int) -> Path:
    """Write ``OUT/SPLIT/*.png`` and ``OUT/annotations/SPLIT.json``.

    Args:
        out (Path): Folder, made if missing.
        split (str): Name of the set.
        num_pictures (int): How many.
        seed (int): The same one gives the same pictures.

    Returns:
        Path: The annotation file.
    """
    images, annotations = [], []
    ann_file = out / f'annotations/{split}.json'
    for folder in (out / split, ann_file.parent):
        folder.mkdir(parents=True, exist_ok=True)
    ann_file.unlink(missing_ok=True)  # comes last: what is there is whole
    rng = np.random.default_rng(seed)
    for number in range(1, num_pictures + 1):
        picture, geckos, visible = draw_picture(rng)
        name = f'{number:06d}.png'
        cv2.imwrite(str(out / split / name), picture)
        images.append(dict(id=number, file_name=name, width=SIZE, height=SIZE))
        for joints, seen in zip(geckos, visible):
            low = np.clip(joints.min(0) - MARGIN, 0, SIZE)
            width, height = np.clip(joints.max(0) + MARGIN, 0, SIZE) - low
            labelled = joints * (seen > 0)[:, None]  # (0, 0, 0): unlabelled
            annotations.append(
                dict(
                    id=len(annotations) + 1,
                    image_id=number,
                    category_id=1,
                    iscrowd=0,
                    bbox=[*low.tolist(), width, height],
                    area=width * height,
                    num_keypoints=int((seen > 0).sum()),
                    keypoints=np.column_stack([labelled, seen
                                               ]).round(2).ravel().tolist()))
    write_annotations(ann_file, images, annotations,
                      dict(id=1, name='gecko', keypoints=list(KEYPOINTS)))
    return ann_file


def main() -> None:
    args = parse_args()
    sets = dict(train=args.num_train, val=args.num_val)
    for number, (split, num_pictures) in enumerate(sets.items()):
        # sets share no picture
        seed = 2 * args.seed + number
        ann_file = write_set(Path(args.out), split, num_pictures, seed)
        print(f'{ann_file}: {num_pictures} pictures')


if __name__ == '__main__':
    sys.exit(run_command(main))
