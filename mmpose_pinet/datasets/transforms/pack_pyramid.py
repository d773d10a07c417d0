"""An image at several scales, packed for the network."""
from typing import Sequence

import numpy as np
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.datasets.transforms.formatting import image_to_tensor
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackPyramidInputs(PackPoseInputs):
    """Pack the image pyramid of a multi-scale test.

    :class:`BottomupResize` with ``aug_scales`` makes a list of images of
    different sizes, which the parent would stack. Without ``aug_scales`` it
    does what the parent does.

    Required Keys:

        - img: (h, w, 3), or with ``aug_scales`` a list of them, scale 1 first
        - aug_scales (optional): scales of the other images

    Packed:

        - inputs: (3, h, w), or with ``aug_scales`` a list of them
        - data_samples, with ``aug_scales`` in their meta if ``meta_keys``
          names it, as the model needs

    Raises:
        ValueError: If an image is not as large as its scale says.
    """

    def transform(self, results: dict) -> dict:
        """Pack as the parent does, but keep images apart."""
        if results.get('aug_scales') is None:
            return super().transform(results)
        images = results['img']
        self._check_scales(images, results['aug_scales'])
        packed = super().transform(dict(results, img=images[0]))
        packed['inputs'] = [image_to_tensor(image) for image in images]
        return packed

    @staticmethod
    def _check_scales(images: Sequence[np.ndarray],
                      aug_scales: Sequence[float]) -> None:
        """:class:`BottomupResize` rounds the input size up before it resizes
        the image, and the side that fits with it."""
        first = np.array(images[0].shape[:2])
        for image, scale in zip(images[1:], aug_scales):
            if not np.isclose(image.shape[:2], first * scale).any():
                raise ValueError(
                    f'BottomupResize: aug_scales has {scale}, but resizes '
                    f'{first.tolist()} px (height, width) to '
                    f'{list(image.shape[:2])}: choose scales that make '
                    'input_size a multiple of size_factor')
