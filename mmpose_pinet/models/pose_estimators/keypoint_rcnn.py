"""Mask R-CNN's keypoint head, by torchvision's model."""
from typing import Dict, List, Optional, Tuple, Union

import torch
from mmengine.model import BaseModel
from mmengine.runner.checkpoint import load_checkpoint
from mmengine.structures import InstanceData
from mmpose.models import BottomupPoseEstimator
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor
from torchvision.models.detection import KeypointRCNN
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import FrozenBatchNorm2d, clip_boxes_to_image

from ..persons import check_features

PERSON = 1  # 0 is the background
# Arguments of torchvision's that the data pipeline and preprocessor have
OF_DATA = 'min_size', 'max_size', 'image_mean', 'image_std'


class SizeOfData(GeneralizedRCNNTransform):
    """Leaves pictures at the size of the data pipeline, which torchvision's
    ``_skip_resize`` does in training alone."""

    def resize(
        self,
        image: Tensor,
        target: Optional[Dict[str, Tensor]] = None
    ) -> Tuple[Tensor, Optional[Dict[str, Tensor]]]:
        return image, target


@MODELS.register_module()
class KeypointRCNNEstimator(BaseModel):
    """`Mask R-CNN <https://arxiv.org/abs/1703.06870>`_ with its keypoint
    head: boxes are proposed, and one pose is found in each.

    It reads data as bottom-up models do, pictures with all of their persons.
    Network, targets and losses are torchvision's; pictures come in at the
    size of the data pipeline, and are normalized by the data preprocessor.

    Args:
        num_keypoints (int): K.
        backbone (str): A ResNet of torchvision; an FPN comes on top of it.
            Its batch norms and first two stages stay as they are, as in
            torchvision's training from ImageNet.
        network (dict, optional): Further arguments of torchvision's
            ``KeypointRCNN``, none of ``OF_DATA``.
        data_preprocessor (dict, optional): Config of the preprocessor.
        init_cfg (dict, optional): ``dict(type='Pretrained',
            checkpoint=...)``, file or address of the ResNet's weights.

    Raises:
        ValueError: If ``network`` sets sizes or normalization of pictures.
    """

    def __init__(self,
                 num_keypoints: int = 17,
                 backbone: str = 'resnet50',
                 network: Optional[dict] = None,
                 data_preprocessor: Optional[dict] = None,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(data_preprocessor, init_cfg)
        wrong = [key for key in network or {} if key in OF_DATA]
        if wrong:
            raise ValueError(
                f'network has {", ".join(wrong)}: the size of pictures is the '
                "data pipeline's (input_size of its transforms), their "
                "normalization the data_preprocessor's (mean, std)")
        body = resnet_fpn_backbone(
            backbone_name=backbone,
            weights=None,
            norm_layer=FrozenBatchNorm2d,
            trainable_layers=3)
        self.network = KeypointRCNN(
            body,
            num_classes=1 + PERSON,
            num_keypoints=num_keypoints,
            **(network or {}))
        # pictures are resized and normalized when they come here
        self.network.transform = SizeOfData(
            min_size=0, max_size=0, image_mean=[0, 0, 0], image_std=[1, 1, 1])

    def init_weights(self) -> None:
        """Load what ``init_cfg`` names into the ResNet."""
        if self.init_cfg:
            load_checkpoint(self.network.backbone.body,
                            self.init_cfg['checkpoint'], 'cpu')

    def forward(
        self,
        inputs: Tensor,
        data_samples: List[PoseDataSample],
        mode: str = 'tensor'
    ) -> Union[Dict[str, Tensor], List[PoseDataSample]]:
        """Compute losses, or find poses.

        Args:
            inputs (Tensor): (B, 3, h, w), normalized.
            data_samples (list[PoseDataSample]): One a picture.
            mode (str): ``'loss'`` (of a model in training mode) or
                ``'predict'``.

        Returns:
            dict[str, Tensor] | list[PoseDataSample]: torchvision's five
            losses; or the samples with ``pred_instances``, in px of their
            pictures.

        Raises:
            RuntimeError: If the mode is another.
            ValueError: If the features of a picture are not finite.
        """
        if mode == 'loss':
            return self.network(
                list(inputs),
                [self._target(sample, inputs[0]) for sample in data_samples])
        if mode == 'predict':
            # of a box whose score is NaN the network would say nothing
            checked = self.network.backbone.register_forward_hook(
                lambda _, pictures, maps: check_features(
                    list(maps.values()), data_samples))
            with checked:
                results = self.network(list(inputs))
            found = [
                InstanceData(
                    keypoints=persons['keypoints'][..., :2].cpu().numpy(),
                    keypoint_scores=persons['keypoints_scores'].sigmoid().cpu(
                    ).numpy(),
                    bboxes=persons['boxes'].cpu().numpy(),
                    bbox_scores=persons['scores'].cpu().numpy())
                for persons in results
            ]
            return BottomupPoseEstimator.add_pred_to_datasample(
                self, found, None, data_samples)
        raise RuntimeError(f"mode is {mode!r}: 'loss' or 'predict', please")

    @staticmethod
    def _target(sample: PoseDataSample, picture: Tensor) -> Dict[str, Tensor]:
        """The persons of a picture whose boxes have an area inside it."""
        truth = sample.gt_instances
        corners, joints, visible = (
            torch.as_tensor(part, dtype=torch.float32, device=picture.device)
            for part in (truth.bboxes, truth.keypoints,
                         truth.keypoints_visible > 0))
        # of boxes that augmentation has turned
        boxes = torch.cat([corners.amin(1), corners.amax(1)], 1)
        boxes = clip_boxes_to_image(boxes, picture.shape[1:])
        kept = (boxes[:, 2:] - boxes[:, :2] > 1).all(1)
        return dict(
            boxes=boxes[kept],
            keypoints=torch.cat([joints, visible[..., None]], -1)[kept],
            labels=torch.full((int(kept.sum()), ), PERSON).to(picture.device))
