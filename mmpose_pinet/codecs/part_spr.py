"""The part-based structured pose representation of PINet."""
from typing import Dict, Optional, Sequence, Tuple, Union

import numpy as np
import torch
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS
from torch import Tensor

from .bilinear import cell_to_point, cross, linear_corners
from .gaussian import draw_gaussians, inside_map
from .partitions import check_parts, get_parts
from .peaks import every_index, highest_maxima
from .settings import check_settings
from .skeletons import load_skeleton


@KEYPOINT_CODECS.register_module()
class PartSPR(BaseKeypointCodec):
    """Poses as part centres plus displacements from them (Sec. 3.2, Eq. 1).

    Where SPR (Nie et al., ICCV 2019) has one root a person, PINet has one
    root a body part: the mean of the part's labelled keypoints. Displacements
    are kept as rows, one for each cell close to a part centre, never as a map.

    - persons N, keypoints K, parts S, target rows P, candidates t
    - input size (w, h) in px, heatmap size (W, H) in cells
    - coordinates are (x, y); cell (x, y) has the flat index y * W + x and
      lies at the input px (x, y) * ``scale_factor``

    Args:
        input_size, heatmap_size (tuple[int, int]): (w, h) and (W, H).
        parts (str | list[list[str | int]]): The keypoints of each part, by
            name or by index, or a partition's name (``'center'``,
            ``'head'``, ``'part-large'``, ``'part-small'``, ``'keypoint'``).
        skeleton (str, optional): The body: ``'coco'``, ``'crowdpose'`` or
            the path of an MMPose metainfo file; the head takes K, links and
            sigmas from it. Parts by index need none; by name it is ``'coco'``.
        sigma (float): Gaussian sigma in cells. Defaults to 2.
        radius (float): Cells [c - radius, c + radius) around the truncated
            part centre c carry displacements. Defaults to 2.
        background_weight (float): Of heatmaps away from keypoints (Eq. 7).
        min_instance_area (float): Persons with a smaller box, in input px^2,
            get no part centre, nor do boxes under 1 px^2. Defaults to 32**2.
        decode_thr (float): Part scores at or below it are no peaks.
            Defaults to 0.01.
        decode_max_instances (int): The most peaks of a part. Defaults to 30.

    Raises:
        ValueError: If a name or number cannot be, or the skeleton's file.
    """

    auxiliary_encode_keys = {'area'}
    instance_mapping_table = dict(
        bbox='bboxes',
        keypoints='keypoints',
        keypoints_visible='keypoints_visible',
        area='areas')
    field_mapping_table = dict(
        heatmaps='heatmaps', heatmap_weights='heatmap_weights')
    label_mapping_table = dict(
        part_indices='part_indices',
        cell_indices='cell_indices',
        displacements='displacements',
        displacement_weights='displacement_weights')

    def __init__(self,
                 input_size: Tuple[int, int],
                 heatmap_size: Tuple[int, int],
                 parts: Union[str, Sequence[Sequence[Union[str, int]]]],
                 skeleton: Optional[str] = None,
                 sigma: float = 2.0,
                 radius: float = 2.0,
                 background_weight: float = 0.1,
                 min_instance_area: float = 32**2,
                 decode_thr: float = 0.01,
                 decode_max_instances: int = 30) -> None:
        super().__init__()
        self.input_size = tuple(input_size)
        self.heatmap_size = tuple(heatmap_size)
        if skeleton is None and isinstance(parts, str):
            skeleton = 'coco'
        self.skeleton = None if skeleton is None else load_skeleton(skeleton)
        self.parts = get_parts(parts, self.skeleton)
        self.num_parts = len(self.parts)  # S
        if self.skeleton is not None:
            self.check_num_keypoints(self.skeleton.num_keypoints)
        self.sigma = sigma
        self.radius = radius
        self.background_weight = background_weight
        self.min_instance_area = min_instance_area
        self.decode_thr = decode_thr
        self.decode_max_instances = decode_max_instances
        check_settings(self)
        # the cells of a centre's displacements, from the truncated centre
        steps = np.arange(-radius, radius)
        self._window = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
        scale_factor = np.array(input_size) / heatmap_size
        self.scale_factor = scale_factor.astype(np.float32)

    def check_num_keypoints(self, num_keypoints: Optional[int]) -> None:
        """Raise a ``ValueError`` if the codec is not of K keypoints."""
        check_parts(self.parts, num_keypoints, self.skeleton)

    def encode(self,
               keypoints: np.ndarray,
               keypoints_visible: Optional[np.ndarray] = None,
               area: Optional[np.ndarray] = None) -> Dict[str, np.ndarray]:
        """Encode the training targets of one image.

        Args:
            keypoints (np.ndarray): (N, K, 2) in input px.
            keypoints_visible (np.ndarray): (N, K), above 0 where labelled,
                seen and covered alike. Defaults to all that are finite.
            area (np.ndarray): (N, ) box areas after augmentation, input px^2.

        Returns:
            dict:

            - heatmaps (np.ndarray): (K+S, H, W), keypoints first.
            - heatmap_weights (np.ndarray): (K+S, H, W), the mask M of Eq. 7.
            - part_indices (np.ndarray): (P, ) the part of each row.
            - cell_indices (np.ndarray): (P, ) y * W + x; no (part, cell) pair
              stands twice: where persons overlap, the smaller owns the cell.
            - displacements (np.ndarray): (P, K, 2) keypoint minus cell, in
              cells.
            - displacement_weights (np.ndarray): (P, K) 1 / sqrt(area) where
              the keypoint is labelled and inside the map, else 0 (Eq. 8).

        Raises:
            ValueError: If ``area`` is missing or shapes disagree.
        """
        num_persons, num_keypoints = keypoints.shape[:2]
        self.check_num_keypoints(num_keypoints)
        if area is None:
            raise ValueError(
                'PartSPR needs the box area of each person: put '
                "dict(type='BottomupBoxArea') before GenerateTarget")
        area = np.asarray(area).reshape(-1)
        if len(area) != num_persons:
            raise ValueError(f'area holds {len(area)} values for '
                             f'{num_persons} persons')

        points = (keypoints / self.scale_factor).astype(np.float32)
        labelled = np.isfinite(points).all(-1)
        if keypoints_visible is not None:
            labelled &= keypoints_visible > 0
        points[~labelled] = 0  # of weight 0, and 0 times NaN is NaN
        centres, has_centre = self._part_centres(points, labelled, area)

        heatmaps, heatmap_weights = draw_gaussians(
            np.concatenate([points, centres], axis=1),
            np.concatenate([labelled, has_centre], axis=1), self.heatmap_size,
            self.sigma, self.background_weight)
        rows = self._displacement_rows(points, labelled, area, centres,
                                       has_centre)
        return dict(heatmaps=heatmaps, heatmap_weights=heatmap_weights, **rows)

    def _part_centres(self, points: np.ndarray, labelled: np.ndarray,
                      area: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Average the labelled keypoints of each part: (N, S, 2), (N, S)."""
        members = np.zeros((self.num_parts, points.shape[1]), np.float32)
        for part, joints in zip(members, self.parts):
            part[joints] = 1
        weights = members * labelled[:, None]  # (N, S, K)
        counts = weights.sum(-1)
        centres = weights @ points / np.maximum(counts, 1)[..., None]
        # a box without an area has no scale to weigh displacements by
        large = area >= max(self.min_instance_area, 1)
        return centres, (counts > 0) & large[:, None]

    def _displacement_rows(self, points: np.ndarray, labelled: np.ndarray,
                           area: np.ndarray, centres: np.ndarray,
                           has_centre: np.ndarray) -> Dict[str, np.ndarray]:
        """Make a row for each part and cell near a part centre."""
        w, h = self.heatmap_size
        inside = inside_map(points, self.heatmap_size)
        # boxes under 1 px^2 have no rows: their weights are not read
        weights = (labelled & inside) / np.sqrt(np.maximum(area, 1))[:, None]

        origin = np.trunc(centres)
        has_rows = has_centre & inside_map(
            origin, self.heatmap_size) & weights.any(-1)[:, None]
        person, part = np.nonzero(has_rows)

        cells = origin[person, part][:, None] + self._window
        cells = cells.astype(np.int64)
        row, column = np.nonzero(inside_map(cells, self.heatmap_size))
        person, part, cells = person[row], part[row], cells[row, column]

        # the smaller person owns a shared cell; between equals the later one
        key = part * (w * h) + cells[:, 1] * w + cells[:, 0]
        order = np.lexsort((-person, area[person], key))
        _, first = np.unique(key[order], return_index=True)
        owner = order[first]
        person, cells, key = person[owner], cells[owner], key[owner]
        return dict(
            part_indices=key // (w * h),
            cell_indices=key % (w * h),
            displacements=points[person] - cells[:, None].astype(np.float32),
            displacement_weights=weights[person].astype(np.float32))

    def find_peaks(self,
                   part_maps: Tensor,
                   size: Optional[Tuple[int, int]] = None,
                   every: bool = False) -> Tuple[Tensor, ...]:
        """Find the local maxima of the part maps, the points p of Sec. 3.1.

        Args:
            part_maps (Tensor): (B, S, H, W).
            size (tuple[int, int], optional): (W, H) that decides how far
                apart peaks are. Defaults to the maps'.
            every (bool): Return those that do not count too, with score 0:
                no GPU has to tell how many do.

        Returns:
            tuple[Tensor]: Images (t, ), parts (t, ), points (t, 2) in cells
            of the maps, and scores r_p (t, ), in the order of images, parts
            and falling scores.
        """
        height, width = part_maps.shape[2:]
        side = sum(size or (width, height)) / 2
        kernel = 3 if side <= 200 else 5 if side <= 300 else 7
        count = min(self.decode_max_instances, height * width)
        scores, cells = highest_maxima(part_maps, kernel, count)
        counts = scores > self.decode_thr
        scores = scores * counts
        image, part, rank = every_index(counts) if every else counts.nonzero(
            as_tuple=True)
        points = cell_to_point(cells[image, part, rank], width)
        return image, part, points, scores[image, part, rank]

    def score_keypoints(self,
                        keypoint_maps: Tensor,
                        images: Tensor,
                        poses: Tensor,
                        size: Optional[Tuple[int, int]] = None,
                        origin: float = 0.) -> Tensor:
        """Read the heatmaps at keypoints, the scores r_k of Sec. 3.4.

        On the right and at the bottom the image goes on beyond the last
        cell's centre: there the border cell's value counts.

        Args:
            keypoint_maps (Tensor): (B, K, H, W').
            images (Tensor): (t, ) the image of each pose.
            poses (Tensor): (t, K, 2) in cells of the image.
            size (tuple[int, int], optional): (W, H) of the image in cells.
                Defaults to the maps'.
            origin (float): Where the first column of the maps stands, in
                cells. Defaults to 0.

        Returns:
            Tensor: (t, K) bilinear values, 0 outside the image.
        """
        num_keypoints, height, width = keypoint_maps.shape[1:]
        x, y = poses.unbind(-1)
        right, bottom = (cells - 1 / stride for cells, stride in zip(
            size or (width, height), self.scale_factor.tolist()))
        inside = (x >= 0) & (x <= right) & (y >= 0) & (y <= bottom)
        cells, weights = cross(
            linear_corners((x - origin).clamp(0, width - 1), width),
            linear_corners(y.clamp(0, height - 1), height), width)
        maps = images[:, None] * num_keypoints + torch.arange(
            num_keypoints, device=images.device)
        cells = maps[..., None] * (height * width) + cells
        values = keypoint_maps.reshape(-1)[cells] * weights
        return values.sum(-1) * inside

    def decode(self, heatmaps: Tensor, part_indices: Tensor,
               cell_indices: Tensor,
               displacements: Tensor) -> Tuple[np.ndarray, np.ndarray]:
        """Decode what :meth:`encode` returns for one image.

        The network reads displacements at the peaks alone; here they are
        looked up among the rows, which shows what targets can express.

        Args:
            heatmaps, ..., displacements (Tensor): As of :meth:`encode`.

        Returns:
            tuple[np.ndarray]: Keypoints (t, K, 2) in input px and scores
            (t, K); a peak without a row gives no pose.
        """
        heatmaps = torch.as_tensor(heatmaps)[None]
        width, num_cells = heatmaps.shape[-1], heatmaps[0, 0].numel()
        keypoint_maps, part_maps = heatmaps.tensor_split([-self.num_parts], 1)
        image, part, point, score = self.find_peaks(part_maps)
        rows = torch.full((self.num_parts * num_cells, ), -1)
        rows[torch.as_tensor(part_indices) * num_cells +
             torch.as_tensor(cell_indices)] = torch.arange(len(part_indices))
        x, y = point.long().unbind(-1)
        row = rows[part * num_cells + y * width + x]
        found = row >= 0
        image, point, score, row = (
            x[found] for x in (image, point, score, row))
        poses = point.unsqueeze(1) + torch.as_tensor(displacements)[row]
        scores = score[:, None] * self.score_keypoints(keypoint_maps, image,
                                                       poses)
        return poses.numpy() * self.scale_factor, scores.numpy()
