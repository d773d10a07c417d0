"""MMPose's drawing on every numpy."""
from typing import Union

import numpy as np
import torch
from mmpose.registry import VISUALIZERS
from mmpose.visualization import PoseLocalVisualizer


@VISUALIZERS.register_module()
class PersonVisualizer(PoseLocalVisualizer):
    """Draw keypoints where numpy takes no array of one number for a number.

    Does what :class:`PoseLocalVisualizer` does. That one gives the radius of
    a keypoint as such an array, and from numpy 2.4 on stops at the first.
    """

    def draw_circles(self, center: Union[np.ndarray, torch.Tensor],
                     radius: Union[np.ndarray, torch.Tensor, float], *args,
                     **kwargs) -> 'PersonVisualizer':
        """Draw a circle.

        Args:
            center (np.ndarray | Tensor): (x, y) in px.
            radius (np.ndarray | Tensor | float): In px, one number.
            *args: The parent's.
            **kwargs: The parent's.

        Returns:
            PersonVisualizer: Itself.
        """
        if self.backend == 'opencv':
            radius = float(radius if np.ndim(radius) == 0 else radius[0])
        return super().draw_circles(center, radius, *args, **kwargs)
