"""An image in the orientation that its sample is in."""
from typing import Optional

import mmcv
import mmengine.fileio as fileio
import numpy as np
from mmpose.datasets.transforms import LoadImage
from mmpose.registry import TRANSFORMS

from mmpose_pinet.pictures.inputs import is_cut_off

from .sample_name import sample_name

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

    Whatever a file holds becomes 8-bit colour: grey in all channels, 16 bits
    without the lower 8, alpha dropped.

    Required Keys:

        - img_path
        - img (optional): (h, w, 3) BGR, taken as it is
        - img_id (optional): of the image in its annotation file
        - annotated_size (optional): [(w, h), ...] in px, of the picture in
          its annotation file, as :class:`CheckedAnnotations` adds it

    Modified Keys:

        - img
        - img_shape
        - ori_shape

    Args:
        to_float32 (bool): Whether the image is float32 in place of uint8.
        imdecode_backend (str): As of :func:`mmcv.imfrombytes`.
        backend_args (dict, optional): Of the file backend.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read as a picture, or is of another size
            than annotated.
    """

    def __init__(self,
                 to_float32: bool = False,
                 imdecode_backend: str = 'cv2',
                 backend_args: Optional[dict] = None) -> None:
        super().__init__(
            to_float32=to_float32,
            imdecode_backend=imdecode_backend,
            backend_args=backend_args)

    def transform(self, results: dict) -> Optional[dict]:
        """Load ``results['img']``."""
        if 'img' not in results:
            color_type = AS_STORED if 'img_id' in results else 'color'
            results['img'] = self._read(results['img_path'], color_type)
        results = super().transform(results)
        size = results['img_shape'][::-1]
        for annotated in results.get('annotated_size', [])[:1]:
            if tuple(annotated) != size:
                raise ValueError(
                    f'{sample_name(results)}: the picture is {size[0]} x '
                    f'{size[1]} px, but annotated as {annotated[0]} x '
                    f'{annotated[1]}: mend width and height, or save it '
                    'upright if EXIF turns it')
        return results

    def _read(self, path: str, color_type: str) -> np.ndarray:
        content = fileio.get(path, backend_args=self.backend_args)
        reason = 'it is cut off'
        image = None
        if not is_cut_off(content):
            try:
                image = mmcv.imfrombytes(
                    content, color_type, backend=self.imdecode_backend)
                reason = 'it is damaged, or of a format that OpenCV has not'
            except Exception as error:  # each decoder raises its own
                reason = str(error)
        if image is None:
            raise ValueError(f'{path} cannot be read as a picture: {reason}')
        return image
