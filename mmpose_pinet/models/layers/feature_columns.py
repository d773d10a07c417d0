"""Feature maps as columns that are read where people are."""
import torch.nn.functional as F
from torch import Tensor

from mmpose_pinet.codecs.bilinear import bilinear_corners


class FeatureColumns:
    """The feature columns of a batch, read sparsely.

    A 1x1 convolution needs one column of the feature map wherever its output
    is wanted. This reads the columns of all those points in one call.

    Args:
        features (Tensor): (B, C, H, W). Nothing is copied if its memory
            format is channels-last.
    """

    def __init__(self, features: Tensor) -> None:
        num_images, channels, height, width = features.shape
        self.size = (width, height)
        self.columns = features.permute(0, 2, 3, 1).reshape(-1, channels)

    def at_points(self, images: Tensor, points: Tensor) -> Tensor:
        """Bilinear columns at points, zero outside the map.

        Args:
            images (Tensor): (t, ) image indices.
            points (Tensor): (t, 2) in cells; no gradient flows into them.

        Returns:
            Tensor: (t, C).
        """
        width, height = self.size
        corners, weights = bilinear_corners(points.detach(), self.size)
        # one fused gather and weighted sum over the four corners
        return F.embedding_bag(
            images[:, None] * (width * height) + corners,
            self.columns,
            per_sample_weights=weights.to(self.columns.dtype),
            mode='sum')
