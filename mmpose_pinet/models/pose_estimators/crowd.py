"""The estimator that tests crowds fast, and lets image pyramids through."""
from typing import List, Union

import torch
from mmpose.models.pose_estimators import BottomupPoseEstimator
from mmpose.registry import MODELS
from mmpose.utils.typing import Features, ForwardResults, OptSampleList
from torch import Tensor

from .frozen_copy import FrozenCopy


@MODELS.register_module()
class CrowdPoseEstimator(BottomupPoseEstimator):
    """The stock estimator, with a test that wastes nothing.

    Training is the parent's. A test passes an image and its mirror image
    through the backbone in one call, of a copy whose batch norms are folded
    into its convolutions, in the channels-last memory format. This changes
    features by rounding alone. An image pyramid reaches ``predict``, which
    MMPose's ``forward`` prevents.

    Arguments are those of :class:`BottomupPoseEstimator`.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._frozen_copy = FrozenCopy()

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

    def predict(self, inputs: Union[Tensor, List[Tensor]],
                data_samples: OptSampleList) -> OptSampleList:
        """Persons of a batch, at one scale or at several.

        Args:
            inputs (Tensor | list[Tensor]): As of :meth:`forward`.
            data_samples (list[PoseDataSample]): B.

        Returns:
            list[PoseDataSample]: With ``pred_instances`` in image px.
        """
        if self.test_cfg.get('multiscale_test', False):
            feats = [self._view_features(images) for images in inputs]
        else:
            feats = self._view_features(inputs)
        found = self.head.predict(feats, data_samples, test_cfg=self.test_cfg)
        instances, fields = found if isinstance(found, tuple) else (found,
                                                                    None)
        return self.add_pred_to_datasample(instances, fields, data_samples)

    def _view_features(self, images: Tensor) -> Features:
        """Features of images (B, 3, h, w); with ``flip_test`` a list of those
        and of their mirror images'."""
        num_images = len(images)
        flip_test = self.test_cfg.get('flip_test', False)
        if flip_test:
            images = torch.cat([images, images.flip(-1)])
        backbone = self.backbone
        if not self.training:
            backbone = self._frozen_copy.of(backbone)
        feats = backbone(images.contiguous(memory_format=torch.channels_last))
        if self.with_neck:
            feats = self.neck(feats)
        if not flip_test:
            return feats
        return [
            tuple(f[:num_images] for f in feats),
            tuple(f[num_images:] for f in feats)
        ]
