"""What candidates should have been: whose they are, and how good."""
from typing import NamedTuple

import torch
from mmpose.utils.typing import SampleList
from torch import Tensor

# COCO's share of a box that a person fills, where nobody has drawn a mask
FILLED = 0.53


class LabelledPersons(NamedTuple):
    """The labelled persons of a batch, as many rows an image: N.

    Attributes:
        poses (Tensor): (B, N, K, 2) in cells.
        labelled (Tensor): (B, N, K) bool.
        tolerances (Tensor): (B, N, K) in cells, sigma_k of the keypoint times
            2 sqrt(area): at this distance it adds exp(-1/2) to OKS.
    """

    poses: Tensor
    labelled: Tensor
    tolerances: Tensor

    @classmethod
    def collect(cls, batch_data_samples: SampleList, sigmas: Tensor,
                cell: Tensor) -> 'LabelledPersons':
        """Read the persons of B images, augmented as their pixels are.

        Args:
            batch_data_samples (list[PoseDataSample]): With ``keypoints``
                (n, K, 2), ``keypoints_visible`` (n, K) and ``areas`` (n, ) of
                boxes in ``gt_instances``, in input px.
            sigmas (Tensor): (K, ).
            cell (Tensor): (2, ) size of a cell in input px.
        """
        persons = [d.gt_instances for d in batch_data_samples]
        shape = len(persons), max(map(len, persons)), len(sigmas)
        poses = sigmas.new_zeros(*shape, 2)
        labelled = sigmas.new_zeros(shape, dtype=torch.bool)
        tolerances = sigmas.new_ones(shape)
        for image, of_image in enumerate(persons):
            if not len(of_image):
                continue
            rows = image, slice(len(of_image))
            keypoints = torch.as_tensor(of_image.keypoints).to(poses)
            visible = torch.as_tensor(of_image.keypoints_visible)
            known = (visible.to(poses) > 0) & keypoints.isfinite().all(-1)
            area = torch.as_tensor(of_image.areas).to(poses)
            area = FILLED * area / cell.prod()
            poses[rows] = (keypoints / cell).masked_fill(~known[..., None], 0)
            labelled[rows] = known
            # a box under a cell has no size to compare distances with
            tolerances[rows] = 2 * sigmas * area.clamp(min=1).sqrt()[:, None]
        return cls(poses, labelled, tolerances)


class CandidateTargets(NamedTuple):
    """Of each candidate, the person whom it has the highest OKS with.

    Attributes:
        poses (Tensor): (t, K, 2) the person's keypoints, in cells.
        labelled (Tensor): (t, K) bool, which of them are known.
        tolerances (Tensor): (t, K) as of :class:`LabelledPersons`.
        oks (Tensor): (t, ), 0 where nobody is.
    """

    poses: Tensor
    labelled: Tensor
    tolerances: Tensor
    oks: Tensor

    @classmethod
    def match(cls, persons: LabelledPersons, images: Tensor,
              poses: Tensor) -> 'CandidateTargets':
        """Find the person of each candidate.

        Args:
            persons (LabelledPersons): Of B images.
            images (Tensor): (t, ) image indices.
            poses (Tensor): (t, K, 2) in cells.
        """
        if not persons.poses.shape[1]:  # nobody in any image
            return cls(
                torch.zeros_like(poses),
                torch.zeros_like(poses[..., 0], dtype=torch.bool),
                torch.ones_like(poses[..., 0]), poses.new_zeros(len(poses)))
        truth, labelled, tolerances = (x[images] for x in persons)
        terms = oks_terms(poses[:, None], truth, tolerances) * labelled
        oks, owner = (terms.sum(-1) / labelled.sum(-1).clamp(min=1)).max(1)
        rows = torch.arange(len(poses), device=poses.device), owner
        return cls(truth[rows], labelled[rows], tolerances[rows], oks)

    def terms(self, poses: Tensor) -> Tensor:
        """What each keypoint of other poses (t, K, 2) adds to the OKS with
        the same person: (t, K), 0 where it is not known."""
        return oks_terms(poses, self.poses, self.tolerances) * self.labelled


def oks_terms(poses: Tensor, truth: Tensor, tolerances: Tensor) -> Tensor:
    """COCO's exp(-d^2 / (2 s^2 k^2)) of keypoints (..., 2): (...)."""
    squared = (poses - truth).square().sum(-1)
    return torch.exp(-squared / (2 * tolerances.square()))
