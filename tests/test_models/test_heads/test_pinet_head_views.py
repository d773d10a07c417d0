"""Flip and multi-scale tests on features whose content is known anywhere.

The scene: each body part knows a pose. A channel for each part, joint and
axis holds the displacement from the cell to the joint, which is linear in
position and therefore exact between cells; a channel for each part holds a
bump at the part point; two channels hold the position in the image, which is
the same in its mirror image. The head reads these channels as they are, so
that its poses have a closed form.
"""
import cv2
import numpy as np
import pytest
import torch
import torch.nn as nn
from hypothesis import given
from hypothesis import strategies as st
from mmpose.datasets.transforms import BottomupResize
from mmpose.structures import PoseDataSample

from mmpose_pinet.codecs.partitions import get_parts
from mmpose_pinet.models import PINetHead

FLIP = dict(
    coco=[0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15],
    crowdpose=[1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 12, 13])
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
        members = get_parts(parts, skeleton)
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
        return torch.from_numpy(features).float()


def build_head(parts, skeleton='coco', stride=4, refinement=None, **kwargs):
    """A head that reads the channels of a scene."""
    num_parts = len(get_parts(parts, skeleton))
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
        head.point_layer.weight[num_keypoints:, count:-2, 0,
                                0] = torch.eye(num_parts)
    return head


def build_refining_head(parts, skeleton='coco', stride=4, reads=('x', 'y')):
    """Its corrections depend on the position of the keypoints alone."""
    head = build_head(
        parts,
        skeleton,
        stride,
        refinement=dict(
            type='PoseRefinement', num_layers=1, skeleton=skeleton))
    channels = head.point_layer.in_channels
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


# --- flip test --------------------------------------------------------------

PARTITIONS = [('center', 'coco'), ('head', 'crowdpose'),
              ('part-large', 'coco'), ('part-small', 'coco'),
              ('part-small', 'crowdpose'), ('keypoint', 'coco'),
              ('keypoint', 'crowdpose')]


@pytest.mark.parametrize('stride', [2, 4, 8])
@pytest.mark.parametrize('parts, skeleton', PARTITIONS)
def test_flip_test_finds_the_very_poses(parts, skeleton, stride):
    """Left and right put back, and to a thousandth of a px."""
    scene = Scene(0, parts, skeleton, stride)
    head = build_head(parts, skeleton, stride)
    plain, = predict(head, (scene.features(), ), skeleton)
    flipped, = predict(head, two_views(scene), skeleton, flip_test=True)
    np.testing.assert_allclose(plain, scene.poses, atol=1e-3)
    np.testing.assert_allclose(flipped, scene.poses, atol=1e-3)


@pytest.mark.parametrize('stride', [2, 4])
def test_refined_poses_are_read_at_the_very_keypoints(stride):
    """Vertical corrections that hang on position in both directions.

    The same joint is corrected by what its left and right namesakes say, so
    that joints are all alike here: the correction of each is their mean.
    """
    scene = Scene(0, 'part-large', stride=stride)
    head = build_refining_head('part-large', stride=stride)
    with torch.no_grad():  # one row for all joints, and nothing in x
        for parameter in head.refinement.predict.parameters():
            rows = parameter.view(17, 2, -1)
            rows[:, 0] = 0
            rows[:, 1] = rows[:1, 1].clone()
        # nor do left and right joints differ in what the graph gives them
        adjacency = head.refinement.adjacency
        flip = FLIP['coco']
        assert torch.allclose(adjacency, adjacency[flip][:, flip])
    plain, = predict(head, (scene.features(), ))
    flipped, = predict(head, two_views(scene), flip_test=True)
    assert 0.5 < np.abs(plain - scene.poses)[..., 1].min()
    np.testing.assert_allclose(flipped, plain, atol=1e-3)


@pytest.mark.parametrize('parts, skeleton', PARTITIONS)
@pytest.mark.parametrize('refined', [False, True])
def test_mirrored_image_gives_mirrored_poses(parts, skeleton, refined):
    """The two views change places: nothing else does."""
    scene = Scene(1, parts, skeleton)
    if refined:  # the keypoint's own place is off by half a cell in x
        head = build_refining_head(parts, skeleton, reads=('y', ))
        # a learned graph, in which left and right are not alike
        nn.init.uniform_(head.refinement.adjacency)
    else:
        head = build_head(parts, skeleton)
    views = two_views(scene)
    poses, = predict(head, views, skeleton, flip_test=True)
    mirrored, = predict(head, views[::-1], skeleton, flip_test=True)
    width = 4 * SIZE[0]
    if refined:
        assert np.abs(poses - scene.poses).mean() > 0.5
        assert np.abs(poses - scene.poses)[..., 0].max() > 0.5
    # each candidate of one has its counterpart in the other
    back = mirrored[:, FLIP[skeleton]] * [-1, 1] + [width - 1, 0]
    error = np.abs(back[:, None] - poses).max((2, 3))
    assert sorted(error.argmin(1)) == list(range(len(poses)))
    assert error.min(1).max() < 2e-3


@given(seed=st.integers(0, 2**16))
def test_mirrored_noise_gives_mirrored_poses(seed):
    """A network's two views do not agree: peaks and poses still mirror."""
    torch.manual_seed(seed)
    head = build_head('part-small')
    channels = head.point_layer.in_channels
    views = [(view, ) for view in torch.rand(2, 1, channels, *SIZE[::-1])]
    poses, = predict(head, views, flip_test=True)
    mirrored, = predict(head, views[::-1], flip_test=True)
    back = mirrored[:, FLIP['coco']] * [-1, 1] + [4 * SIZE[0] - 1, 0]
    assert len(back) == len(poses) > 30
    error = np.abs(back[:, None] - poses).max((2, 3))
    assert error.min(0).max() < 1e-3 and error.min(1).max() < 1e-3


def test_flip_test_of_a_batch():
    """Each image meets its own mirror image."""
    head = build_refining_head('part-small')
    scenes = [Scene(seed, 'part-small') for seed in range(3)]
    batch = [(torch.cat([two_views(s)[view][0] for s in scenes]), )
             for view in (0, 1)]
    found = predict(head, batch, num_images=3, flip_test=True)
    for scene, poses in zip(scenes, found):
        alone, = predict(head, two_views(scene), flip_test=True)
        np.testing.assert_allclose(poses, alone, atol=1e-3)


@pytest.mark.parametrize('column', [0, 1, SIZE[0] - 1])
def test_part_points_on_the_outermost_columns(column):
    """Where one view does not reach, the other one speaks alone."""
    scene = Scene(0, 'part-large')
    scene.points[:, 0] = 4 * column
    found, = predict(
        build_head('part-large'), two_views(scene), flip_test=True)
    # near the border the two views may see a peak each
    assert len(found) >= 3
    error = np.abs(found[:, None] - scene.poses).max((2, 3))
    assert (error.min(1) < 1e-3).all() and (error.min(0) < 1e-3).all()


# --- multi-scale test -------------------------------------------------------

# (scale, cells): the sides are rounded up, which moves the centre
PYRAMID = [(1., SIZE), (0.5, (24, 16)), (2., (80, 72))]


def pyramid(scene):
    return [(scene.resized(scale, size).features(size), )
            for scale, size in PYRAMID]


@pytest.mark.parametrize('scale', [0.5, 2.])
def test_mmpose_resizes_about_the_centre(scale):
    """The scene's ground: where a blob goes, and to half a px at that."""
    image = np.zeros((100, 150, 3), np.float32)
    image[30, 105] = 1
    image = cv2.GaussianBlur(image, (0, 0), 5)
    results = BottomupResize(
        input_size=(128, 128),
        aug_scales=[scale],
        size_factor=32,
        resize_mode='expand')(
            dict(img=image, ori_shape=(100, 150), img_shape=(100, 150)))
    centroids, centres = [], []
    for img in results['img']:
        y, x = np.mgrid[:img.shape[0], :img.shape[1]]
        weights = img[..., 0] / img[..., 0].sum()
        centroids.append(np.array([(x * weights).sum(), (y * weights).sum()]))
        centres.append(np.array(img.shape[1::-1]) / 2)
    expected = (centroids[0] - centres[0]) * scale + centres[1]
    np.testing.assert_allclose(centroids[1], expected, atol=0.1)


@pytest.mark.parametrize('flip_test', [False, True])
def test_candidates_of_all_scales_are_the_same_poses(flip_test):
    scene = Scene(0, 'part-large')
    feats = pyramid(scene)
    if flip_test:
        # mirrored before it is resized, as the estimator does: the same
        feats = []
        for scale, size in PYRAMID:
            resized = scene.resized(scale, size)
            mirrored = resized.mirrored()
            shift = [4 * (size[0] - SIZE[0]), 0]
            mirrored.poses, mirrored.points = (
                x + shift for x in (mirrored.poses, mirrored.points))
            feats.append([(resized.features(size), ),
                          (mirrored.features(size), )])
    found, = predict(
        build_head('part-large'),
        feats,
        flip_test=flip_test,
        multiscale_test=True,
        aug_scales=[0.5, 2.])
    error = np.abs(found[:, None] - scene.poses).max((2, 3))  # (t, S)
    assert (error.min(1) < 1e-3).all()
    # half cells at scale 0.5 give two equal peaks, so three or more each
    assert (np.bincount(error.argmin(1), minlength=3) >= 3).all()


def test_no_further_scale_is_a_single_scale():
    scene = Scene(0, 'part-large')
    head = build_head('part-large')
    single, = predict(head, (scene.features(), ))
    multi, = predict(
        head, [(scene.features(), )], multiscale_test=True, aug_scales=[])
    np.testing.assert_array_equal(single, multi)
