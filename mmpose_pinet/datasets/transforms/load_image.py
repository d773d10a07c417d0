"""An image in the orientation that its sample is in."""
from typing import Optional

from mmpose.datasets.transforms import LoadImage
from mmpose.registry import TRANSFORMS

# How MMCV names it: pixels as the file stores them, EXIF orientation ignored
AS_STORED = 'color_ignore_orientation'


@TRANSFORMS.register_module()
class LoadOrientedImage(LoadImage):
    """Load an image as annotated, or upright where nobody annotated it.

    COCO's annotations are made on pixels as the file stores them: boxes,
    keypoints and crowd regions of a photograph that EXIF turns lie in the
    picture before it is turned. So do its width and height. A sample of an
    annotation file is loaded likewise, a picture that a person hands over is
    turned upright, as :class:`LoadImage` does with both. They are told apart
    by ``img_id``, which a dataset gives each of its samples and MMPose's
    inferencers give none.

    Required Keys:

        - img_path
        - img (optional): (h, w, 3) BGR, taken as it is
        - img_id (optional): of the image in its annotation file

    Modified Keys:

        - img
        - img_shape
        - ori_shape

    Args:
        **kwargs: Those of :class:`LoadImage`, less ``color_type``: images
            are in colour.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(color_type='color', **kwargs)
        self._as_stored = LoadImage(color_type=AS_STORED, **kwargs)

    def transform(self, results: dict) -> Optional[dict]:
        """Load ``results['img']``."""
        if 'img_id' in results:
            return self._as_stored.transform(results)
        return super().transform(results)
