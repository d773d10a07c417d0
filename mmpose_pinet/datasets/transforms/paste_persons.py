"""Persons of other images, pasted over those of an image."""
from typing import List, Optional, Sequence, Tuple

import cv2
import numpy as np
from mmpose.datasets.transforms.mix_img_transforms import MixImageTransform
from mmpose.registry import TRANSFORMS

from mmpose_pinet.arguments import check_number

from .load_image import LoadOrientedImage

# Keys with an entry a person, which those pasted have as well
OF_PERSONS = ('bbox', 'bbox_score', 'keypoints', 'keypoints_visible', 'area',
              'num_keypoints', 'category_id')
LEAST_KEYPOINTS = 6  # a person of fewer has no outline
MOST_ENLARGED = 2.  # beyond it a person is a blur


@TRANSFORMS.register_module()
class BottomupPastePersons(MixImageTransform):
    """Make a crowd: paste persons of another image over those of this one.

    A person of the other image is cut out along the limbs between its
    labelled keypoints, as masks are few, brought to about the size of a
    person here and laid over it in part. The covered one keeps its labels, as
    annotators label what they cannot see but infer; a person of whom hardly a
    keypoint is left in sight is unlabelled. To be put after the image is
    loaded and before it is warped.

    Required Keys:

        - img: (h, w, 3)
        - bbox: (N, 4) xyxy in image px
        - keypoints: (N, K, 2) in image px
        - keypoints_visible: (N, K), above 0 where labelled
        - skeleton_links: pairs of keypoints
        - dataset: what other images are taken from

    Modified Keys:

        - img
        - keypoints_visible
        - bbox, bbox_score, keypoints, area, num_keypoints, category_id, id:
          those of pasted persons follow

    Args:
        pre_transform (list[dict], optional): Loads the other image. Defaults
            to ``LoadOrientedImage``.
        prob (float): Of an image to get persons. Defaults to 0.5.
        max_persons (int): The most that are pasted. Defaults to 2.
        scale (tuple[float, float]): Range of their height, in heights of the
            person whom they are laid over. Defaults to (0.75, 1.25).
        shift (float): How far from that one's middle theirs is at most, in
            widths and heights of its box. Defaults to 0.5.
        max_covered (float): Of a person's labelled keypoints; above it the
            person is unlabelled. Defaults to 0.8.

    Raises:
        ValueError: If a number cannot be, or samples come from no dataset
            with images to take persons of.
    """

    num_aux_image = 1

    def __init__(self,
                 pre_transform: Optional[Sequence[dict]] = None,
                 prob: float = 0.5,
                 max_persons: int = 2,
                 scale: Tuple[float, float] = (0.75, 1.25),
                 shift: float = 0.5,
                 max_covered: float = 0.8) -> None:
        if pre_transform is None:
            pre_transform = [LoadOrientedImage()]
        super().__init__(pre_transform, prob)
        name = type(self).__name__
        check_number(f'{name}: prob', prob, least=0, most=1)
        check_number(f'{name}: max_persons', max_persons, least=1, whole=True)
        check_number(f'{name}: shift', shift, least=0)
        check_number(f'{name}: max_covered', max_covered, least=0, most=1)
        for number in scale:
            check_number(f'{name}: scale', number, least=0.01)
        if scale[0] > scale[1]:
            raise ValueError(f'{name}: scale is {scale}: the lower end first')
        self.max_persons = max_persons
        self.scale = tuple(scale)
        self.shift = shift
        self.max_covered = max_covered

    def _get_mixed_data_list(self, dataset) -> List[dict]:
        if not hasattr(dataset, 'get_data_info'):
            raise ValueError(
                'BottomupPastePersons takes persons of other images of its '
                'dataset, and this sample tells of none: put it into the '
                'pipeline of the dataset itself, not of one that joins '
                'several')
        return super()._get_mixed_data_list(dataset)

    def apply_mix(self, results: dict) -> dict:
        """Paste persons of the first of ``mixed_data_list``."""
        other, = results['mixed_data_list']
        givers = np.flatnonzero((_labelled(other).sum(1) >= LEAST_KEYPOINTS)
                                & (_sizes(other['bbox']).min(1) >= 1))
        hosts = np.flatnonzero(_sizes(results['bbox']).min(1) >= 1)
        if not len(givers) or not len(hosts):
            return results
        count = np.random.randint(self.max_persons) + 1
        for giver in np.random.permutation(givers)[:count]:
            host = results['bbox'][np.random.choice(hosts)]
            self._paste(results, other, giver, host)
        return results

    def _paste(self, results: dict, other: dict, giver: int,
               host: np.ndarray) -> None:
        """Lay a person of another image over a box (4, ) of this one."""
        box = other['bbox'][giver]
        (width, height), = _sizes(host[None])
        scale = np.random.uniform(*self.scale) * height / (box[3] - box[1])
        if scale > MOST_ENLARGED:
            return
        middle = (host[:2] + host[2:]) / 2 + np.random.uniform(
            -self.shift, self.shift, 2) * (width, height)
        offset = middle - scale * (box[:2] + box[2:]) / 2
        warp = np.float32([[scale, 0, offset[0]], [0, scale, offset[1]]])

        size = results['img'].shape[1::-1]
        keypoints = other['keypoints'][giver] * scale + offset
        labelled = _labelled(other)[giver]
        outline = draw_outline(keypoints, labelled, size,
                               results['skeleton_links'],
                               scale * np.sqrt(np.prod(_sizes(box[None]))))
        if not outline.any():
            return
        person = cv2.warpAffine(other['img'], warp, size)
        share = cv2.GaussianBlur(outline, (5, 5), 0)[..., None] / 255.
        img = results['img']
        results['img'] = (img + share *
                          (person.astype(np.float32) - img)).round().astype(
                              img.dtype)

        self._unlabel_covered(results, outline)
        for key in OF_PERSONS:
            if key in results and key in other:
                results[key] = np.concatenate(
                    [results[key],
                     np.asarray(other[key])[giver:giver + 1]])
        results['keypoints'][-1] = keypoints
        inside = ((keypoints >= 0) &
                  (keypoints <= np.subtract(size, 1))).all(1)
        results['keypoints_visible'][-1][~inside] = 0
        moved = (box.reshape(2, 2) * scale + offset)
        results['bbox'][-1] = moved.clip(0, np.subtract(size, 1)).reshape(4)
        if 'area' in results:
            results['area'][-1] *= scale**2
        if 'id' in results:
            results['id'] = [*results['id'], other['id'][giver]]

    def _unlabel_covered(self, results: dict, outline: np.ndarray) -> None:
        """Leave out who is nearly all under the outline (h, w)."""
        height, width = outline.shape
        x, y = results['keypoints'].round().astype(int).clip(
            0, (width - 1, height - 1)).transpose(2, 0, 1)
        labelled = _labelled(results)
        covered = ((outline[y, x] > 0) & labelled).sum(1)
        left_out = covered > self.max_covered * labelled.sum(1)
        results['keypoints_visible'] = results['keypoints_visible'].copy()
        results['keypoints_visible'][left_out] = 0


def draw_outline(keypoints: np.ndarray, labelled: np.ndarray,
                 size: Tuple[int, int], links: Sequence[Tuple[int, int]],
                 length: float) -> np.ndarray:
    """Draw what a person covers: thick limbs, and what they surround.

    Args:
        keypoints (np.ndarray): (K, 2) in px.
        labelled (np.ndarray): (K, ) bool.
        size (tuple[int, int]): (w, h) of the mask.
        links (list[tuple[int, int]]): Pairs of keypoints.
        length (float): The person's, in px: limbs are a fifth of it thick.

    Returns:
        np.ndarray: (h, w) uint8, 255 on the person.
    """
    mask = np.zeros(size[::-1], np.uint8)
    thickness = max(int(length / 5), 1)
    at = keypoints.round().clip(-2**14, 2**14).astype(int).tolist()
    for k, known in enumerate(labelled):
        if known:
            cv2.circle(mask, at[k], thickness // 2, 255, -1)
    for a, b in links:
        if labelled[a] and labelled[b]:
            cv2.line(mask, at[a], at[b], 255, thickness)
    rims, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL,
                               cv2.CHAIN_APPROX_SIMPLE)
    return cv2.drawContours(mask, rims, -1, 255, -1)


def _labelled(results: dict) -> np.ndarray:
    """(N, K) bool; the flags may have weights (N, K, 2) beside them."""
    visible = results['keypoints_visible']
    return (visible if visible.ndim == 2 else visible[..., 0]) > 0


def _sizes(boxes: np.ndarray) -> np.ndarray:
    """(N, 2) widths and heights of boxes (N, 4) xyxy."""
    return boxes[:, 2:] - boxes[:, :2]
