"""Heads of random weights that see people nevertheless.

How long decoding takes depends on what a head finds, and random weights find
noise. What says where people are does its work as ever, but its answer is
replaced by people who are drawn: in the image and, in a flip test, in its
mirror image. Everything after goes its own way.
"""
from itertools import cycle
from typing import List, Tuple

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import numpy as np
import torch
import torch.nn as nn
from torch import Tensor

from mmpose_pinet.codecs.gaussian import draw_gaussians
from mmpose_pinet.codecs.peaks import every_index
from mmpose_pinet.models import PINetHead
from mmpose_pinet.models.layers import FeaturePyramid

from .people import indices_of_nearest, mirror

STRIDE = 4  # of the peers' finest maps but RTMO's, in px
SIGMA = 2.  # of a drawn Gaussian, in cells
RTMO_RADIUS = 1.5  # of the cells that see a person
TAG_STEP = 3.  # between the tags of two people, above AE's threshold of 1


def show_people(head: nn.Module, keypoints: np.ndarray,
                shape: Tuple[int, int]) -> None:
    """Let a head see the same people in every image of a flip test.

    Args:
        head (nn.Module): Of PINet, AE, CID, DEKR, HigherHRNet or RTMO.
        keypoints (np.ndarray): (N, 17, 2) in input px.
        shape (tuple[int, int]): Input (h, w) in px.

    Raises:
        KeyError: If it is another head.
    """
    views = [keypoints, mirror(keypoints, shape[1])]
    SHOW[type(head).__name__](head, views, shape)


def _show_pinet(head: PINetHead, views: List[np.ndarray],
                shape: Tuple[int, int]) -> None:
    """Peaks at part centres, and there the way to the person's joints."""
    codec = head.decoder
    device = head.point_layer.weight.device
    # each in the frame of its own image, in cells: (2, N, K, 2)
    poses = torch.from_numpy(np.stack(views) / codec.scale_factor).float()
    poses = poses.to(device)
    centres = torch.stack([poses[0, :, part].mean(1) for part in codec.parts])
    num_parts, num_people = centres.shape[:2]
    look, generate = codec.find_peaks, head.generate

    num_images, per_part = 1, num_people  # candidates

    def find_peaks(part_maps: Tensor,
                   size: Tuple[int, int],
                   every: bool = False) -> tuple:
        nonlocal num_images, per_part
        found = look(part_maps, size, every)
        num_images = len(part_maps)
        per_part = codec.decode_max_instances if every else num_people
        shape = num_images, num_parts, per_part
        # who is shown comes first, others do not count
        points = torch.zeros(*shape, 2, device=device)
        points[:, :, :num_people] = centres
        scores = torch.zeros(shape, device=device)
        scores[:, :, :num_people] = 1
        if every:
            images, parts, *_ = found
        else:
            images, parts, _ = every_index(scores)
        return images, parts, points.flatten(0, 2), scores.flatten()

    def generate_shown(pyramid: FeaturePyramid, images: Tensor, parts: Tensor,
                       points: Tensor) -> Tuple[Tensor, Tensor]:
        _, part_features = generate(pyramid, images, parts, points)
        # one person after the other, and mirror images after plain ones
        people = torch.arange(len(images), device=device) % per_part
        mirrored = images >= num_images
        people = people.clamp(max=num_people - 1)
        return poses[mirrored.long(), people], part_features

    codec.find_peaks = find_peaks
    head.generate = generate_shown
    # keypoint scores above 0, as those of people are
    nn.init.ones_(head.point_layer.bias)


def _show_ae(head: nn.Module, views: List[np.ndarray],
             shape: Tuple[int, int]) -> None:
    """Heatmaps, and tags that tell the people apart."""
    size = _map_size(shape)
    outputs = []
    for view in views:
        cells = view / STRIDE
        tags = indices_of_nearest(cells, size) * TAG_STEP
        outputs.append(np.concatenate([_heatmaps(cells, size), tags]))
    _take_turns(head.final_layer, outputs)


def _show_higher_hrnet(head: nn.Module, views: List[np.ndarray],
                       shape: Tuple[int, int]) -> None:
    """As of AE, and heatmaps of twice the resolution."""
    _show_ae(head, views, shape)
    stride = STRIDE / 2
    size = round(shape[1] / stride), round(shape[0] / stride)
    _take_turns(head.fine_final_layer,
                [_heatmaps(view / stride, size) for view in views])


def _show_cid(head: nn.Module, views: List[np.ndarray],
              shape: Tuple[int, int]) -> None:
    """Logits of keypoints and roots; CID mirrors features, not maps."""
    cells = _with_centres(views[0] / STRIDE)
    maps = _heatmaps(cells, _map_size(shape)).clip(1e-4, 1 - 1e-4)
    _take_turns(head.iia_module.keypoint_root_conv,
                [np.log(maps / (1 - maps))])


def _show_dekr(head: nn.Module, views: List[np.ndarray],
               shape: Tuple[int, int]) -> None:
    """Heatmaps, and from each cell the way to the nearest person's joints."""
    size = _map_size(shape)
    maps, vectors = [], []
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    for view in views:
        cells = _with_centres(view / STRIDE)
        maps.append(_heatmaps(cells, size))
        nearest = indices_of_nearest(cells[:, -1:], size)[0]
        poses = cells[nearest, :-1] - np.stack([x, y], axis=-1)[:, :, None]
        vectors.append(poses.reshape(*nearest.shape, -1).transpose(2, 0, 1))
    _take_turns(head.heatmap_conv_layers, maps)
    _take_turns(head.displacement_conv_layers, vectors)


def _show_rtmo(head: nn.Module, views: List[np.ndarray],
               shape: Tuple[int, int]) -> None:
    """Scores near people's centres and their boxes, several cells for each
    person, of which NMS leaves one. Poses come from the features, which are
    noise."""
    people, module = views[0], head.head_module
    corners = people.min(axis=1), people.max(axis=1)
    centres, sizes = sum(corners) / 2, corners[1] - corners[0]
    for level, stride in enumerate(head.featmap_strides):
        size = shape[1] // stride, shape[0] // stride
        cells = (np.indices(size[::-1])[::-1] + .5) * stride  # (2, H, W) px
        nearest = indices_of_nearest(centres[:, None] / stride - .5, size)[0]
        ways = centres[nearest].transpose(2, 0, 1) - cells
        near = np.abs(ways).max(axis=0) < RTMO_RADIUS * stride
        # the finest level alone sees people
        logits = np.where(near & (level == 0), 4., -9.)
        _take_turns(module.out_cls[level], [logits[None]])
        boxes = np.log(sizes[nearest].transpose(2, 0, 1) / stride)
        _take_turns(module.out_bbox[level],
                    [np.concatenate([ways / stride, boxes])])


SHOW = dict(
    PINetHead=_show_pinet,
    PINetPlusHead=_show_pinet,
    AssociativeEmbeddingHead=_show_ae,
    CIDHead=_show_cid,
    DEKRHead=_show_dekr,
    HigherHRNetHead=_show_higher_hrnet,
    RTMOHead=_show_rtmo)


def _map_size(shape: Tuple[int, int]) -> Tuple[int, int]:
    return shape[1] // STRIDE, shape[0] // STRIDE


def _with_centres(cells: np.ndarray) -> np.ndarray:
    """A person's centre as one more keypoint, the last."""
    return np.concatenate([cells, cells.mean(axis=1, keepdims=True)], axis=1)


def _heatmaps(cells: np.ndarray, size: Tuple[int, int]) -> np.ndarray:
    valid = np.ones(cells.shape[:2], dtype=bool)
    return draw_gaussians(cells, valid, size, SIGMA, 1.)[0]


def _take_turns(layer: nn.Module, outputs: List[np.ndarray]) -> None:
    """Let a layer work, then overwrite what it gives by outputs (M, H, W).

    They take turns, call after call, as views that come one by one.
    """
    device = next(layer.parameters()).device
    turn = cycle(
        [torch.from_numpy(x.astype(np.float32)).to(device) for x in outputs])

    def hook(module: nn.Module, inputs: tuple, out: Tensor) -> Tensor:
        return out.copy_(next(turn))  # in its memory format

    layer.register_forward_hook(hook)
