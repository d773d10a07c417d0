"""The bottom-up estimator that batches views, and images of one shape."""
import logging
from collections import defaultdict
from typing import Dict, List, Optional, Sequence, Tuple, Union

import torch
import torch.nn as nn
from mmengine.logging import print_log
from mmpose.models.pose_estimators import BottomupPoseEstimator
from mmpose.registry import MODELS
from mmpose.utils.typing import (Features, ForwardResults, OptConfigType,
                                 OptSampleList, SampleList)
from torch import Tensor

from mmpose_pinet.arguments import check_number
from mmpose_pinet.converters import convert_for_model, is_official
from mmpose_pinet.post_processors import build_post_processor

from ..cuda_graphs import can_replay
from ..persons import (check_features, check_persons, fuse_candidates,
                       image_name)
from .folded_backbone import FoldedBackbone
from .graphed_backbone import GraphedBackbone
from .load_watch import LoadWatch
from .precision import PRECISIONS, check_precision, check_weights, compute_in
from .train_only import freeze_all_but, train_all_of


@MODELS.register_module()
class BatchedBottomupPoseEstimator(BottomupPoseEstimator):
    """The stock estimator, with a test that wastes nothing.

    Training is the parent's. A test passes an image and its mirror image
    through the backbone in one call; on a CPU through a
    :class:`FoldedBackbone`, which changes features by rounding alone. Images
    of a batch that were padded to one shape are tested without their padding,
    those of one shape together: what is found in an image does not depend on
    the others. An image pyramid reaches ``predict``, which MMPose's
    ``forward`` prevents. ``test_cfg.precision`` is ``'fp32'``, the default,
    ``'bf16'`` or ``'fp16'``: what a test, and no training, computes in where
    that is safe; coordinates stay in float32. A precision that the device has
    no instructions for is a ``ValueError`` when the model is moved there.
    ``test_cfg.cuda_graphs`` lets a test on a GPU replay what it has recorded
    (:class:`GraphedBackbone`): faster for few images, off by default because
    recordings keep memory.

    Any head of MMPose's bottom-up models fits. What the backbone gives may be
    channels last, where MMPose's DEKR stops with an error: a head without the
    attribute ``takes_channels_last`` gets features in PyTorch's own format.

    Threads may predict at a time, and find what each would alone.

    A checkpoint of the authors' release is converted in memory, whatever
    loads it; one that does not fit the model is a ``ValueError``. What the
    head's ``added_layers`` names is missing in it, as in PINet's own.

    Args:
        post_processor (dict, optional): For heads without one of their own:
            config of :class:`PoseFusion`, with ``skeleton`` or ``sigmas``, or
            of anything that is built and called alike. It turns the
            candidates that the head finds in an image into persons (PF),
            see :func:`fuse_candidates`; ``test_cfg.score_thr`` leaves out
            persons under it. ``None``, the default, takes what the head
            finds.
        train_only (list[str], optional): Names of layers: the training leaves
            all others as they are, their statistics too. ``None``, the
            default, trains the whole model.
        *args, **kwargs: Those of :class:`BottomupPoseEstimator`.

    Raises:
        ValueError: If ``post_processor`` is set for a head that has a key of
            that name, or has no sigmas, or not as many as there are
            keypoints; if ``train_only`` names what is no layer.
    """

    def __init__(self,
                 *args,
                 post_processor: OptConfigType = None,
                 train_only: Optional[Sequence[str]] = None,
                 **kwargs) -> None:
        super().__init__(*args, **kwargs)
        head = getattr(self, 'head', None)
        if post_processor is not None and hasattr(head, 'post_processor'):
            raise ValueError(
                'model.post_processor is for heads without one of their own: '
                f'set model.head.post_processor of the {type(head).__name__} '
                'alone')
        self.post_processor = build_post_processor(
            post_processor, getattr(head, 'num_keypoints', None))
        self._folded_backbone = FoldedBackbone()
        self._graphed_backbone = GraphedBackbone()
        self.load_watch = LoadWatch(self)
        check_number(
            'model.test_cfg.score_thr',
            self.test_cfg.get('score_thr', 0.),
            least=0)
        self.train_only = train_only
        if train_only is not None:
            freeze_all_but(self, train_only)

    def train(self, mode: bool = True) -> nn.Module:
        """As of ``nn.Module``, but for the layers that do not learn."""
        super().train(mode)
        if mode and self.train_only is not None:
            train_all_of(self, self.train_only)
        return self

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs):
        # PyTorch and MMEngine hand over a copy, before the children read it
        own = {
            name[len(prefix):]: value
            for name, value in state_dict.items() if name.startswith(prefix)
        }
        if is_official(own):
            added = tuple(f'head.{layer}.'
                          for layer in getattr(self.head, 'added_layers', ()))
            converted = convert_for_model(
                own, {
                    name: value
                    for name, value in self.state_dict().items()
                    if not name.startswith(added)
                })
            for name in own:
                del state_dict[prefix + name]
            for name, value in converted.items():
                state_dict[prefix + name] = value
            print_log(
                "The checkpoint is the authors' release: converted "
                f'{len(own)} tensors in memory', 'current', logging.INFO)
        self.load_watch.begin()
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    @property
    def precision(self) -> str:
        """Of a test: a key of ``PRECISIONS``."""
        return self.test_cfg.get('precision', 'fp32')

    def to(self, *args, **kwargs) -> nn.Module:
        """Move the model, as runners and ``init_model`` do before anything
        else, and refuse a precision that is not for where it is now."""
        super().to(*args, **kwargs)
        check_precision(self.precision, next(self.parameters()).device)
        return self

    def forward(self,
                inputs: Union[Tensor, List[Tensor]],
                data_samples: OptSampleList,
                mode: str = 'tensor') -> ForwardResults:
        """Hand an image pyramid to ``predict`` as it is.

        Args:
            inputs (Tensor | list[Tensor]): (B, 3, h, w), or with
                ``test_cfg.multiscale_test`` and ``mode='predict'`` one entry
                a scale, scale 1 first.
            data_samples (list[PoseDataSample]): B, with ``aug_scales`` in
                their meta for a pyramid.
            mode (str): ``'loss'``, ``'predict'`` or ``'tensor'``.

        Returns:
            As of the parent.

        Raises:
            ValueError: If the weights are of half precision.
        """
        check_weights(self)
        if mode == 'predict' and self.test_cfg.get('multiscale_test', False):
            return self.predict(inputs, data_samples)
        return super().forward(inputs, data_samples, mode)

    def predict(self, inputs: Union[Tensor, List[Tensor]],
                data_samples: OptSampleList) -> OptSampleList:
        """Find the persons of a batch, at one scale or at several.

        Args:
            inputs (Tensor | list[Tensor]): As of :meth:`forward`.
            data_samples (list[PoseDataSample]): B.

        Returns:
            list[PoseDataSample]: With ``pred_instances`` in image px.

        Raises:
            ValueError: If features, keypoints or scores of an image are not
                finite.
            RuntimeError: If another thread has loaded weights meanwhile.
        """
        with self.load_watch.unchanged():
            return self._predict(inputs, data_samples)

    def _predict(self, inputs: Union[Tensor, List[Tensor]],
                 data_samples: OptSampleList) -> OptSampleList:
        multiscale = self.test_cfg.get('multiscale_test', False)
        levels = inputs if multiscale else [inputs]
        for shapes, members in group_by_shape(data_samples, levels).items():
            samples = [data_samples[i] for i in members]
            with compute_in(self.precision, levels[0].device):
                feats = [
                    self._view_features(level[members, :, :height, :width],
                                        samples)
                    for level, (height, width) in zip(levels, shapes)
                ]
                found = self.head.predict(
                    feats if multiscale else feats[0],
                    samples,
                    test_cfg=self.test_cfg)
            found, maps = found if isinstance(found, tuple) else (found, None)
            if self.post_processor is not None:
                score_thr = self.test_cfg.get('score_thr', 0.)
                found = [
                    fuse_candidates(of_image, self.post_processor, score_thr,
                                    image_name(sample))
                    for of_image, sample in zip(found, samples)
                ]
            for of_image, sample in zip(found, samples):
                check_persons(of_image, image_name(sample))
            self.add_pred_to_datasample(found, maps, samples)
        return data_samples

    def extract_feat(self, inputs: Tensor) -> Sequence[Tensor]:
        """Extract the features that the head reads, in a training as well.

        Args:
            inputs (Tensor): (B, 3, h, w).

        Returns:
            list[Tensor] | tuple[Tensor]: (B, C_i, H_i, W_i) of each level.
        """
        return self._in_format_of_head(super().extract_feat(inputs))

    def _view_features(self, images: Tensor, samples: SampleList) -> Features:
        """Extract features of images (B, 3, h, w), which samples name; with
        ``flip_test`` a list of theirs and of their mirror images'."""
        num_images = len(images)
        flip_test = self.test_cfg.get('flip_test', False)
        if flip_test:
            images = torch.cat([images, images.flip(-1)])
        feats = self._features(images)
        check_features(feats, samples)
        if not flip_test:
            return feats
        return [
            tuple(f[:num_images] for f in feats),
            tuple(f[num_images:] for f in feats)
        ]

    def _features(self, images: Tensor) -> Sequence[Tensor]:
        """Pass images (B, 3, h, w) through the backbone and the neck."""
        backbone = self.backbone
        neck = [self.neck] if self.with_neck else []
        if can_replay(self, self.test_cfg, images):
            feats = self._graphed_backbone([backbone, *neck], images)
            return self._in_format_of_head(feats)
        if not self.training and images.device.type == 'cpu':
            backbone = self._folded_backbone.of(backbone,
                                                PRECISIONS[self.precision])
        feats = backbone(images)
        for module in neck:
            feats = module(feats)
        return self._in_format_of_head(feats)

    def _in_format_of_head(self, feats: Sequence[Tensor]) -> Sequence[Tensor]:
        head = getattr(self, 'head', None)
        if getattr(head, 'takes_channels_last', False):
            return feats
        return type(feats)(f.contiguous() for f in feats)


def group_by_shape(
        samples: SampleList, levels: Sequence[Tensor]
) -> Dict[Tuple[Tuple[int, int], ...], List[int]]:
    """Group images of a padded batch by their shape without the padding.

    Args:
        samples (list[PoseDataSample]): B, with ``pad_shape`` (h, w) in their
            meta, or ``pad_shapes`` for a pyramid, as the preprocessor leaves
            them. Images lie in the upper left corner. Without either, there
            is no padding.
        levels (list[Tensor]): (B, 3, h, w), one entry a scale.

    Returns:
        dict[tuple, list[int]]: Indices of images by their (h, w) at each
        scale.
    """
    groups = defaultdict(list)
    whole = [tuple(level.shape[-2:]) for level in levels]
    for i, sample in enumerate(samples):
        meta = sample.metainfo
        shapes = meta.get('pad_shapes')
        if shapes is None:
            shapes = [meta['pad_shape']] if 'pad_shape' in meta else whole
        groups[tuple(map(tuple, shapes))].append(i)
    return groups
