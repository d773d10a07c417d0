"""People who stand in images of noise, as keypoints, maps and samples."""
from copy import deepcopy
from typing import Dict, Tuple

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.structures import PoseDataSample

from mmpose_pinet.datasets.drawn import draw_person
from mmpose_pinet.datasets.metainfo import metainfo_of

KEYPOINTS = 17
META = metainfo_of(KEYPOINTS)
FLIP = META['flip_indices']
# Standing heights, as a share of the image's shorter side
HEIGHTS = (.5, .8)


def draw_crowd(count: int, shape: Tuple[int, int]) -> np.ndarray:
    """Draw people anywhere, over one another as chance has it.

    Args:
        count (int): N.
        shape (tuple[int, int]): Image (h, w) in px.

    Returns:
        np.ndarray: (N, 17, 2) keypoints in px, all inside the image.
    """
    rng = np.random.default_rng(count)
    people = []
    for _ in range(count):
        body = draw_person(rng).keypoints
        body = body * rng.uniform(*HEIGHTS) * min(shape)
        extent = np.ptp(body, axis=0)
        # whoever lies is wider than tall: let nobody reach over the border
        body *= min(1., *(.95 * np.array(shape[::-1]) / extent))
        room = np.array(shape[::-1]) - 1 - np.ptp(body, axis=0)
        people.append(body - body.min(axis=0) + rng.random(2) * room)
    return np.stack(people)


def draw_apart(count: int, shape: Tuple[int, int]) -> np.ndarray:
    """Draw people on a tile of the image each, so that none hides another.

    Args:
        count (int): N.
        shape (tuple[int, int]): Image (h, w) in px.

    Returns:
        np.ndarray: (N, 17, 2) keypoints in px.
    """
    columns = int(np.ceil(np.sqrt(count)))
    rows = int(np.ceil(count / columns))
    tile = np.array([shape[1] / columns, shape[0] / rows])
    people = draw_crowd(count, (1000, 1000)) / 1000
    place = np.arange(count)
    corners = np.stack([place % columns, place // columns], axis=1)
    bodies = people - people.min(axis=1, keepdims=True)
    bodies *= .9 / bodies.max(axis=(1, 2), keepdims=True)
    return (corners[:, None] + .05 + bodies) * tile


def mirror(keypoints: np.ndarray, width: int) -> np.ndarray:
    """Mirror people (N, 17, 2), in px of an image of this width."""
    mirrored = keypoints[:, FLIP].copy()
    mirrored[..., 0] = width - 1 - mirrored[..., 0]
    return mirrored


def box_area(keypoints: np.ndarray) -> np.ndarray:
    """Measure the keypoints' boxes: (N, ) in px^2."""
    return np.ptp(keypoints, axis=1).prod(axis=-1)


def test_batch(shape: Tuple[int, int], batch: int) -> Dict[str, list]:
    """Pack images of noise as a test loader does.

    Args:
        shape (tuple[int, int]): Image (h, w) in px.
        batch (int): Images.

    Returns:
        dict[str, list]: ``inputs`` of uint8 (3, h, w) and ``data_samples``.
    """
    generator = torch.Generator().manual_seed(0)
    size = np.array(shape[::-1], dtype=np.float32)
    sample = PoseDataSample(
        metainfo=dict(
            img_shape=shape,
            ori_shape=shape,
            input_size=tuple(shape[::-1]),
            input_center=size / 2,
            input_scale=size,
            flip_indices=FLIP,
            skeleton_links=META['skeleton_links']))
    sample.gt_instances = InstanceData()
    images = torch.randint(
        256, (batch, 3, *shape), dtype=torch.uint8, generator=generator)
    return dict(
        inputs=list(images),
        data_samples=[deepcopy(sample) for _ in range(batch)])


def train_batch(shape: Tuple[int, int], batch: int, codec: BaseKeypointCodec,
                people: int) -> Dict[str, list]:
    """Pack images and the targets of a crowd as a training loader does.

    Args:
        shape (tuple[int, int]): Image (h, w) in px.
        batch (int): Images.
        codec (PartSPR): Encodes the targets.
        people (int): In each image.

    Returns:
        dict[str, list]: ``inputs`` of uint8 (3, h, w) and ``data_samples``
        with targets.
    """
    keypoints = draw_crowd(people, shape)
    data = test_batch(shape, batch)
    targets = {
        name: torch.from_numpy(array)
        for name, array in codec.encode(keypoints, area=box_area(
            keypoints)).items()
    }
    for sample in data['data_samples']:
        sample.gt_fields = PixelData(
            **{key: targets[key].clone()
               for key in codec.field_mapping_table})
        sample.gt_instance_labels = InstanceData(
            **{key: targets[key].clone()
               for key in codec.label_mapping_table})
    return data


def target_bytes(targets: Dict[str, np.ndarray]) -> int:
    """Add up the size of all target arrays of an image."""
    return sum(array.nbytes for array in targets.values())


def indices_of_nearest(points: np.ndarray, map_size: Tuple[int,
                                                           int]) -> np.ndarray:
    """Find the point that each cell of a map is nearest to.

    Args:
        points (np.ndarray): (N, M, 2) in cells, N candidates for M maps.
        map_size (tuple[int, int]): (W, H).

    Returns:
        np.ndarray: (M, H, W) numbers 0 to N - 1.
    """
    width, height = map_size
    x, y = points.astype(np.float32).transpose(2, 1, 0)[..., None]  # (M, N, 1)
    across = (x - np.arange(width, dtype=np.float32))**2  # (M, N, W)
    down = (y - np.arange(height, dtype=np.float32))**2
    return np.stack([(d[:, :, None] + a[:, None]).argmin(axis=0)
                     for a, d in zip(across, down)])
