"""Heads of random weights that see people nevertheless.

How long decoding takes depends on what a head finds, and random weights find
noise. The layers that say where people are do their work as ever, but what
they say is replaced by maps of people who are drawn: in the image and, in a
flip test, in its mirror image. Everything after goes its own way.
"""
from itertools import cycle
from typing import Callable, List, Tuple

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import numpy as np
import torch
import torch.nn as nn
from benchmark_people import FLIP, KEYPOINTS, indices_of_nearest, mirror
from torch import Tensor

from mmpose_pinet.codecs.gaussian import draw_gaussians
from mmpose_pinet.codecs.partitions import mirror_parts
from mmpose_pinet.models import PINetHead
from mmpose_pinet.models.layers.views import Views

STRIDE = 4  # of MMPose's three peers, in px
SIGMA = 2.  # of a drawn Gaussian, in cells
TAG_STEP = 3.  # between the tags of two people, above AE's threshold of 1


def show_people(head: nn.Module, keypoints: np.ndarray,
                shape: Tuple[int, int]) -> None:
    """Let a head see people in every image, in a flip test.

    Args:
        head (nn.Module): Of PINet, AE, CID or DEKR.
        keypoints (np.ndarray): (N, 17, 2) in input px.
        shape (tuple[int, int]): Input (h, w) in px.

    Raises:
        KeyError: If it is another head.
    """
    views = [keypoints, mirror(keypoints, shape[1])]
    SHOW[type(head).__name__](head, views, shape)


def _show_pinet(head: PINetHead, views: List[np.ndarray],
                shape: Tuple[int, int]) -> None:
    codec = head.decoder
    large = np.full(len(views[0]), 1e6)  # nobody is left out
    maps = torch.stack([
        torch.from_numpy(codec.encode(view, area=large)['heatmaps'])
        for view in views
    ])
    plain = views[0] / codec.scale_factor
    centres = np.stack([plain[:, part].mean(axis=1) for part in codec.parts],
                       axis=1)

    # the peaks of both views together, and what to say of their persons
    joined = Views([(view, ) for view in maps.split(1)],
                   stride=float(codec.scale_factor[0]),
                   joint_flip=FLIP,
                   part_flip=mirror_parts(codec.parts, FLIP))
    merged = joined.merge_maps(maps)
    _, parts, cells, _ = codec.find_peaks(merged[:, KEYPOINTS:], joined.size)
    points = joined.map_points(codec.cell_to_point(cells, merged.shape[-1]))
    points = points.numpy()
    distance = ((centres[:, parts] - points)**2).sum(axis=-1)  # (N, t)
    vectors = plain[distance.argmin(axis=0)] - points[:, None]
    vectors = torch.from_numpy(vectors.astype(np.float32))
    mirrored = vectors[:, FLIP] * vectors.new_tensor([-1, 1])

    # images and views of a batch follow one another as the head reads them
    _replace(head.point_layer, [maps],
             lambda maps, out: maps.repeat_interleave(len(out) // 2, dim=0))
    rows = torch.stack([vectors, mirrored]).flatten(2)  # (V, t, K*2)
    _replace(
        head.displacement_layer, [rows], lambda rows, out: rows.repeat(
            1,
            len(out) // rows[..., 0].numel(), len(codec.parts)).flatten(0, 1))


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


SHOW = dict(
    PINetHead=_show_pinet,
    AssociativeEmbeddingHead=_show_ae,
    CIDHead=_show_cid,
    DEKRHead=_show_dekr)


def _map_size(shape: Tuple[int, int]) -> Tuple[int, int]:
    return shape[1] // STRIDE, shape[0] // STRIDE


def _with_centres(cells: np.ndarray) -> np.ndarray:
    """A person's centre as one more keypoint, the last."""
    return np.concatenate([cells, cells.mean(axis=1, keepdims=True)], axis=1)


def _heatmaps(cells: np.ndarray, size: Tuple[int, int]) -> np.ndarray:
    valid = np.ones(cells.shape[:2], dtype=bool)
    return draw_gaussians(cells, valid, size, SIGMA, 1.)[0]


def _take_turns(layer: nn.Module, outputs: List[np.ndarray]) -> None:
    """One output (M, H, W) a call, for views that come one by one."""
    outputs = [torch.from_numpy(x.astype(np.float32)) for x in outputs]
    _replace(layer, outputs, lambda given, out: given)


def _replace(layer: nn.Module, outputs: List[Tensor],
             fit: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Let a layer work, then overwrite what it gives.

    Args:
        layer (nn.Module): Its memory format is kept.
        outputs (list[Tensor]): Given in turn.
        fit (callable): From one of them and the layer's output to what is
            written there.
    """
    device = next(layer.parameters()).device
    turn = cycle([x.to(device) for x in outputs])

    def hook(module: nn.Module, inputs: tuple, out: Tensor) -> Tensor:
        return out.copy_(fit(next(turn), out))

    layer.register_forward_hook(hook)
