"""The estimator that lets image pyramids through."""
from typing import List, Union

from mmpose.models.pose_estimators import BottomupPoseEstimator
from mmpose.registry import MODELS
from mmpose.utils.typing import ForwardResults, OptSampleList
from torch import Tensor


@MODELS.register_module()
class PyramidPoseEstimator(BottomupPoseEstimator):
    """The stock estimator, for a multi-scale test.

    ``BottomupPoseEstimator.predict`` asks for an image pyramid with
    ``multiscale_test``, but MMPose's ``forward`` stacks any list before it
    calls it, so that none arrives. Everything else is the parent's.
    """

    def forward(self,
                inputs: Union[Tensor, List[Tensor]],
                data_samples: OptSampleList,
                mode: str = 'tensor') -> ForwardResults:
        """Hand a pyramid to ``predict`` as it is.

        Args:
            inputs (Tensor | list[Tensor]): (B, 3, h, w), or with
                ``test_cfg.multiscale_test`` and ``mode='predict'`` one entry
                a scale, scale 1 first.
            data_samples (list[PoseDataSample]): B, with ``aug_scales`` in
                their meta for a pyramid.
            mode (str): ``'loss'``, ``'predict'`` or ``'tensor'``.

        Returns:
            As of the parent.
        """
        if mode == 'predict' and self.test_cfg.get('multiscale_test', False):
            return self.predict(inputs, data_samples)
        return super().forward(inputs, data_samples, mode)
