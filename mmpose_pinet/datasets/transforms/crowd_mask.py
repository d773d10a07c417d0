"""The mask of what an image's annotation says nothing about."""
from typing import Optional, Tuple

import numpy as np
import xtcocotools.mask as cocomask
from mmpose.datasets.transforms import BottomupGetHeatmapMask
from mmpose.registry import TRANSFORMS


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
          packed as ``gt_fields.heatmap_mask``

    Raises:
        ValueError: If an RLE is of another size than its image.
    """

    def _segs_to_mask(self, segs: list, img_shape: Tuple[int,
                                                         int]) -> np.ndarray:
        """The union (h, w) of polygons and RLEs, 1 on objects."""
        # the parent breaks on an empty list of polygons
        polygons = [seg for seg in segs if seg and not isinstance(seg, dict)]
        mask = super()._segs_to_mask(polygons, img_shape)

        rles = [seg for seg in segs if isinstance(seg, dict)]
        for rle in rles:
            if tuple(rle['size']) != tuple(img_shape):
                raise ValueError(
                    f"a segmentation's RLE has size {list(rle['size'])}, but "
                    f'its image is {list(img_shape)} (height, width): load '
                    'images with LoadOrientedImage, which ignores EXIF '
                    'orientation as COCO does, or mend the annotation')
            if isinstance(rle['counts'], list):
                rle = cocomask.frPyObjects(rle, *img_shape)
            mask = np.maximum(mask, cocomask.decode(rle))
        return mask

    def transform(self, results: dict) -> Optional[dict]:
        """Add the mask and have it packed."""
        try:
            results = super().transform(results)
        except ValueError as error:
            raise ValueError(f'{results.get("img_path")}: {error}') from error
        # PixelData keeps maps as (C, H, W)
        results['heatmap_mask'] = results['heatmap_mask'][None]
        # a new table: the codec's own is shared by all its instances
        results['field_mapping_table'] = dict(
            results['field_mapping_table'], heatmap_mask='heatmap_mask')
        return results
