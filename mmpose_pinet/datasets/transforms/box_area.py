"""The area of a person's box after augmentation."""
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from ..checks import not_finite
from .sample_name import sample_name


@TRANSFORMS.register_module()
class BottomupBoxArea(BaseTransform):
    """Replace each person's annotated area with the area of the box.

    Annotations give the area of a mask, an estimate of it, or nothing; the
    area S of Eq. 8 is that of the box, w * h, in px^2 of the augmented image.
    To be put after the last transform of coordinates and before
    ``GenerateTarget``.

    Required Keys:

        - bbox: (N, 4, 2) corners, as :class:`BottomupRandomAffine` leaves
          them, or (N, 4) xyxy, in input px
        - keypoints (optional): (N, K, 2) in input px, checked alone
        - keypoints_visible (optional): (N, K), above 0 where labelled

    Added Keys:

        - area: (N, ) float32, in input px^2; an annotated one is replaced

    Raises:
        ValueError: If a box or a labelled keypoint is not finite; with file,
            image and annotation.
    """

    def transform(self, results: dict) -> dict:
        """Set ``results['area']``."""
        bbox = results['bbox']
        _check_finite('bbox', bbox, results)
        if 'keypoints' in results:
            keypoints = results['keypoints']
            visible = results.get('keypoints_visible')
            if visible is not None:  # (N, K), or weights (N, K, 2) beside it
                labelled = visible.reshape(*keypoints.shape[:2], -1)[..., :1]
                keypoints = np.where(labelled > 0, keypoints, 0)
            _check_finite('keypoints', keypoints, results)
        if bbox.ndim == 3:
            # The corners span a parallelogram. Its area stays the same when
            # it is turned or mirrored; that of the upright box around a
            # turned box does not.
            (ux, uy), (vx, vy) = np.moveaxis(bbox[:, 1:3] - bbox[:, :1], 0, -1)
            area = np.abs(ux * vy - uy * vx)
        else:
            area = np.prod(bbox[:, 2:] - bbox[:, :2], axis=-1)
        results['area'] = area.astype(np.float32)
        return results


def _check_finite(key: str, values: np.ndarray, results: dict) -> None:
    persons = np.flatnonzero(not_finite(values))
    if persons.size:
        ids = results.get('id')
        name = sample_name(results, None if ids is None else ids[persons[0]])
        raise ValueError(f'{name}: {key} has a number that is not finite: '
                         'mend or remove the annotation')
