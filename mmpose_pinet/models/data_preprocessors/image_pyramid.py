"""Normalisation of image pyramids."""
import torch
from mmengine.utils import is_seq_of
from mmpose.models.data_preprocessors import PoseDataPreprocessor
from mmpose.registry import MODELS


@MODELS.register_module()
class PyramidDataPreprocessor(PoseDataPreprocessor):
    """Preprocess each level of an image pyramid as the parent does.

    Images at a single scale are left to the parent.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        """Normalise and stack the images of each scale.

        Args:
            data (dict): ``inputs`` as collated from
                :class:`PackPyramidInputs`: for each scale, scale 1 first,
                the list of the batch's images (3, h, w). ``data_samples``
                as usual.
            training (bool): Whether to augment the batch.

        Returns:
            dict: ``inputs``, a list of (B, 3, h, w), one entry a scale, and
            ``data_samples``, whose meta tells the shapes at scale 1, and as
            ``pad_shapes`` the ``pad_shape`` at each scale.
        """
        if is_seq_of(data['inputs'], torch.Tensor) or isinstance(
                data['inputs'], torch.Tensor):
            return super().forward(data, training)
        preprocess = super().forward
        levels = [
            preprocess(dict(data, inputs=images), training)
            for images in data['inputs']
        ]
        for samples in zip(*(level['data_samples'] for level in levels)):
            samples[0].set_metainfo(
                dict(pad_shapes=[s.metainfo['pad_shape'] for s in samples]))
        return dict(levels[0], inputs=[level['inputs'] for level in levels])
