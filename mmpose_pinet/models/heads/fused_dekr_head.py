"""DEKR with pose fusion in place of its NMS (Table 1d)."""
from typing import Sequence

from mmengine.structures import InstanceData
from mmpose.models.heads import DEKRHead
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, InstanceList
from torch import Tensor

from mmpose_pinet.post_processors import build_post_processor


@MODELS.register_module()
class FusedDEKRHead(DEKRHead):
    """MMPose's DEKR, whose candidates become persons in a post-processor.

    Weights are those of :class:`DEKRHead`.

    Args:
        post_processor (dict): Config of :class:`PoseFusion` or of anything
            that is called alike.
        *args, **kwargs: Those of :class:`DEKRHead`.

    Raises:
        ValueError: If ``post_processor.sigmas`` do not fit
            ``num_keypoints``.
    """

    def __init__(self, *args, post_processor: ConfigType, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.post_processor = build_post_processor(post_processor,
                                                   self.num_keypoints)

    def decode(self,
               heatmaps: Sequence[Tensor],
               displacements: Sequence[Tensor],
               test_cfg: ConfigType = {},
               metainfo: dict = {}) -> InstanceList:
        """Find the persons in the outputs, without DEKR's own NMS.

        Args:
            heatmaps (list[Tensor]): (B, K+1, H, W), the root's last.
            displacements (list[Tensor]): (B, K*2, H, W) in cells.
            test_cfg (dict): As of the parent; ``nms_dist_thr`` is not read.
            metainfo (dict): Of the image.

        Returns:
            list[InstanceData]: For each image ``keypoints`` (m, K, 2) in
            input px and ``keypoint_scores`` (m, K).
        """
        candidates = super().decode(heatmaps, displacements,
                                    dict(test_cfg, nms_dist_thr=0), metainfo)
        persons = []
        for found in candidates:
            keypoints, scores = self.post_processor(found.keypoints,
                                                    found.keypoint_scores)
            persons.append(
                InstanceData(keypoints=keypoints, keypoint_scores=scores))
        return persons
