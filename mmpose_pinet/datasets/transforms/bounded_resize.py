"""The input of a test, whose length has a bound."""
from typing import Tuple

from mmpose.datasets.transforms import BottomupResize
from mmpose.registry import TRANSFORMS

from mmpose_pinet.pictures.bounds import bound_size


@TRANSFORMS.register_module()
class BottomupBoundedResize(BottomupResize):
    """Resize a picture as :class:`BottomupResize` does, up to a length.

    With ``resize_mode='expand'`` the short side becomes that of
    ``input_size``, and the long side whatever that makes of it. Pictures of
    more than 8:1 are resized to 8 times ``input_size`` along the long side
    here, and their short side is padded to a multiple of ``size_factor``.
    Arguments and keys are those of :class:`BottomupResize`.
    """

    def _get_input_size(self, img_size: Tuple[int, int],
                        input_size: Tuple[int, int]) -> Tuple:
        """The sizes (w, h) of the picture and, with its pad, of the input."""
        size, padded = super()._get_input_size(img_size, input_size)
        if self.resize_mode != 'expand':
            return size, padded
        bounded = bound_size(
            size, self._ceil_to_multiple(input_size, self.size_factor))
        return bounded, self._ceil_to_multiple(bounded, self.size_factor)
