"""A scene whose poses have a closed form, in the mirror and at any scale.

Each body part knows a pose. A channel for each part, joint and axis holds the
displacement from the cell to the joint, which is linear in position and
therefore exact between cells; a channel for each part holds a bump at the part
point; two channels hold the position in the image, which is the same in its
mirror image. The head reads these channels as they are.
"""
import numpy as np
import torch
import torch.nn as nn
from bodies import FLIP
from mmpose.structures import PoseDataSample

from mmpose_pinet.codecs.partitions import get_parts
from mmpose_pinet.codecs.skeletons import load_skeleton
from mmpose_pinet.models import PINetHead

SIZE = (40, 32)  # cells


class Scene:
    """One image: poses (S, K, 2) and part points (S, 2) in input px.

    The part points lie on cells, ``left`` and ``right`` cells or more from
    the borders.
    """

    def __init__(self, seed, parts, skeleton='coco', stride=4, left=10):
        rng = np.random.default_rng(seed)
        self.stride, self.skeleton = stride, skeleton
        self.is_mirrored = False
        members = get_parts(parts, load_skeleton(skeleton))
        shape = (len(members), len(FLIP[skeleton]), 2)
        margin = 3 * stride
        self.poses = rng.uniform(margin,
                                 stride * np.array(SIZE) - margin, shape)
        self.points = rng.integers((left, 10), (SIZE[0] - 10, SIZE[1] - 10),
                                   (len(members), 2)) * float(stride)
        # no two parts score alike: candidates come in the order of parts
        self.scores = 1 - 0.02 * np.arange(len(members))
        sets = [set(part) for part in members]
        self.part_flip = [
            sets.index({FLIP[skeleton][k]
                        for k in part}) for part in members
        ]

    def mirrored(self):
        """What a network says of the mirrored image: left is right."""
        scene = object.__new__(Scene)
        scene.__dict__.update(self.__dict__)
        width = self.stride * SIZE[0]
        flip = FLIP[self.skeleton]
        scene.poses = self.poses[self.part_flip][:, flip] * [-1, 1] \
            + [width - 1, 0]
        scene.points = self.points[self.part_flip] * [-1, 1] + [width - 1, 0]
        scene.scores = self.scores[self.part_flip]
        scene.is_mirrored = not self.is_mirrored
        return scene

    def resized(self, scale, size):
        """The image resized about its centre to ``size`` cells."""
        scene = object.__new__(Scene)
        scene.__dict__.update(self.__dict__)
        centre, resized_centre = (
            self.stride * np.array(s) / 2 for s in (SIZE, size))
        scene.poses = (self.poses - centre) * scale + resized_centre
        scene.points = (self.points - centre) * scale + resized_centre
        return scene

    def features(self, size=SIZE):
        """(1, S*K*2 + S + 2, H, W)"""
        axes = (np.arange(n) for n in size)
        cells = np.stack(np.meshgrid(*axes), axis=-1)  # (H, W, 2)
        poses, points = self.poses / self.stride, self.points / self.stride
        displacements = poses[:, :, :, None, None] - cells.transpose(2, 0, 1)
        bumps = np.exp(-((points[:, None, None] - cells)**2).sum(-1) / 8)
        bumps = bumps * self.scores[:, None, None]
        position = cells.transpose(2, 0, 1) / 10.
        if self.is_mirrored:
            position[0] = (size[0] - 1 / self.stride - cells[..., 0]) / 10
        features = np.concatenate(
            [displacements.reshape(-1, *cells.shape[:2]), bumps,
             position])[None]
        return torch.from_numpy(features).to(torch.get_default_dtype())


def build_head(parts, skeleton='coco', stride=4, refinement=None, **kwargs):
    """A head that reads the channels of a scene."""
    num_parts = len(get_parts(parts, load_skeleton(skeleton)))
    num_keypoints = len(FLIP[skeleton])
    count = num_parts * num_keypoints * 2
    torch.manual_seed(0)
    head = PINetHead(
        in_channels=count + num_parts + 2,
        num_keypoints=num_keypoints,
        decoder=dict(
            type='PartSPR',
            input_size=tuple(stride * s for s in SIZE),
            heatmap_size=SIZE,
            parts=parts,
            skeleton=skeleton),
        refinement=refinement,
        **kwargs).eval()
    for parameter in (*head.point_layer.parameters(),
                      *head.displacement_layer.parameters()):
        nn.init.zeros_(parameter)
    with torch.no_grad():
        head.displacement_layer.weight[:, :count] = torch.eye(count)
        head.point_layer.bias[:num_keypoints] = 1  # keypoints anywhere
        head.point_layer.weight[num_keypoints:,
                                count:-2] = torch.eye(num_parts)
    return head


def build_refining_head(parts, skeleton='coco', stride=4, reads=('x', 'y')):
    """Its corrections depend on the position of the keypoints alone."""
    head = build_head(
        parts,
        skeleton,
        stride,
        refinement=dict(
            type='PoseRefinement', num_layers=1, skeleton=skeleton))
    channels = head.point_layer.in_features
    blind = [*range(channels - 2)]
    blind += [channels - 2 + 'xy'.index(a) for a in 'xy' if a not in reads]
    with torch.no_grad():
        stem, fuse = head.refinement.stem.linear, head.refinement.fuse
        nn.init.normal_(stem.weight)
        stem.weight[:, blind] = 0
        fuse.weight[:, 2 * channels:] = 0
        head.refinement.predict.weight *= 10
    return head


@torch.no_grad()
def predict(head, feats, skeleton='coco', num_images=1, **test_cfg):
    """Poses in input px, in the order of parts."""
    metainfo = dict(
        flip_indices=FLIP[skeleton],
        img_shape=(480, 640),
        aug_scales=test_cfg.pop('aug_scales', None))
    samples = [PoseDataSample(metainfo=metainfo) for _ in range(num_images)]
    return [p.keypoints for p in head.predict(feats, samples, test_cfg)]


def two_views(scene):
    return [(scene.features(), ), (scene.mirrored().features(), )]
