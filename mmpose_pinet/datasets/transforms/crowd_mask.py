"""The mask of what an image's annotation says nothing about."""
from typing import Optional, Tuple

import numpy as np
import xtcocotools.mask as cocomask
from mmpose.datasets.transforms import BottomupGetHeatmapMask
from mmpose.registry import TRANSFORMS

from ..checks import check_segmentation, rle_mask
from .sample_name import annotation_of, sample_name


@TRANSFORMS.register_module()
class BottomupCrowdMask(BottomupGetHeatmapMask):
    """Mask crowd regions and unlabelled persons from the heatmap loss.

    Does what :class:`BottomupGetHeatmapMask` does, and two things more. COCO
    gives its crowd regions run-length encoded, which the parent passes over
    without a word: they are masked as well. And the mask reaches the head:
    ``PackPoseInputs`` packs the fields that the codec names, and a codec
    knows of no mask. To be put after ``GenerateTarget``.

    As with the parent, the area beside the image in an augmented picture is
    no valid region.

    Required Keys:

        - img_shape: (h, w) of the original image
        - input_size
        - heatmaps
        - field_mapping_table
        - invalid_segs (optional): COCO segmentations (lists of polygons,
          compressed or uncompressed RLEs) in px of the original image. An
          entry may be None or empty where nothing was segmented.
        - warp_mat, flip, flip_direction (optional)

    Added Keys:

        - heatmap_mask: (1, H, W) bool, True where the heatmap loss counts;
          packed as ``gt_fields.heatmap_mask``. A list of these where
          ``heatmaps`` is one, of several levels.

    Raises:
        ValueError: If a segmentation is malformed, or an RLE of another size
            than its image; with file, image and annotation.
    """

    def _segs_to_mask(self, segs: list, img_shape: Tuple[int,
                                                         int]) -> np.ndarray:
        """The union (h, w) of polygons and RLEs, 1 on objects."""
        mask = np.zeros(img_shape, np.uint8)
        rles = [seg for seg in segs if isinstance(seg, dict)]
        polygons = [
            polygon for seg in segs if isinstance(seg, (tuple, list))
            for polygon in seg
        ]
        if polygons:
            # xtcocotools' decode, which the parent calls, fails on numpy 2
            rles.append(
                cocomask.merge(cocomask.frPyObjects(polygons, *img_shape)))
        for rle in rles:
            mask = np.maximum(mask, rle_mask(rle, img_shape))
        return mask

    def transform(self, results: dict) -> Optional[dict]:
        """Add the mask and have it packed."""
        for seg in results.get('invalid_segs', []):
            try:
                check_segmentation(seg, results['img_shape'])
            except ValueError as error:
                raise ValueError(
                    f'{sample_name(results, annotation_of(seg, results))}: '
                    f'the segmentation is malformed: {error}. Mend the '
                    'annotation, or load the picture as it is stored, with '
                    'LoadOrientedImage, if EXIF has turned it') from error
        results = super().transform(results)
        # PixelData keeps maps as (C, H, W)
        mask = results['heatmap_mask']
        results['heatmap_mask'] = [m[None] for m in mask] if isinstance(
            mask, list) else mask[None]
        # a new table: the codec's own is shared by all its instances
        results['field_mapping_table'] = dict(
            results['field_mapping_table'], heatmap_mask='heatmap_mask')
        return results
