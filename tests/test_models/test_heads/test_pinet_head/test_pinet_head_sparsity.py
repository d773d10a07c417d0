"""Displacements exist only where people are: what is called, what is made."""
from contextlib import contextmanager

import pytest
import torch
import torch.nn as nn
from bodies import FLIP
from mmengine.structures import InstanceData, PixelData
from mmpose.structures import PoseDataSample
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from mmpose_pinet.codecs import PartSPR
from mmpose_pinet.models import PINetHead
from mmpose_pinet.models.layers import FeaturePyramid

K, C, SIZE = 17, 16, 64


def build_head(parts, channels=C):
    torch.manual_seed(0)
    head = PINetHead(
        in_channels=channels,
        num_keypoints=K,
        decoder=dict(
            type='PartSPR',
            input_size=(4 * SIZE, 4 * SIZE),
            heatmap_size=(SIZE, SIZE),
            parts=parts,
            decode_max_instances=4),
        refinement=dict(type='PoseRefinement', num_layers=1))
    nn.init.normal_(head.point_layer.weight)
    nn.init.normal_(head.displacement_layer.weight)
    return head


def draw_batch(head, num_images):
    """Features and samples of a few persons an image."""
    keypoints = torch.rand(3, K, 2).numpy() * 4 * SIZE
    targets = head.decoder.encode(keypoints, area=torch.full((3, ), 4e3))
    targets = {name: torch.from_numpy(x) for name, x in targets.items()}
    sample = PoseDataSample(
        metainfo=dict(
            flip_indices=FLIP['coco'], img_shape=(256, 256), aug_scales=[0.5]))
    sample.gt_fields = PixelData(
        **{key: targets[key]
           for key in PartSPR.field_mapping_table})
    sample.gt_instance_labels = InstanceData(
        **{key: targets[key]
           for key in PartSPR.label_mapping_table})
    features = torch.randn(num_images, C, SIZE, SIZE, requires_grad=True)
    return features, [sample] * num_images


@contextmanager
def calls_of(head, monkeypatch):
    """How often layers of the head are called and features are read."""
    layers = dict(
        displacements=head.displacement_layer,
        refinement=head.refinement,
        graph=head.refinement.stem)
    calls = dict.fromkeys(['points', 'read', *layers], 0)

    def count(name):

        def hook(*_):
            calls[name] += 1

        return hook

    def counted(name, method):

        def call(*args):
            calls[name] += 1
            return method(*args)

        return call

    for name, method in [('points', 'convolve'), ('read', 'read')]:
        monkeypatch.setattr(FeaturePyramid, method,
                            counted(name, getattr(FeaturePyramid, method)))
    handles = [
        layer.register_forward_hook(count(name))
        for name, layer in layers.items()
    ]
    yield calls
    for handle in handles:
        handle.remove()
    monkeypatch.undo()


@pytest.mark.parametrize('parts', ['center', 'part-large', 'keypoint'])
@pytest.mark.parametrize('num_images', [1, 3])
@pytest.mark.parametrize('flip_test', [False, True])
def test_one_call_of_each_layer(parts, num_images, flip_test, monkeypatch):
    """For all parts, both flips and all images of a batch. Features are read
    twice: at part points, then at keypoints."""
    head = build_head(parts).eval()
    features, samples = draw_batch(head, num_images)
    once = dict(points=1, displacements=1, refinement=1, graph=1, read=2)
    with calls_of(head, monkeypatch) as calls:
        head.loss((features, ), samples)
    assert calls == once
    feats = [(features, ), (features.flip(-1), )]
    with calls_of(head, monkeypatch) as calls:
        persons = head.predict(feats if flip_test else feats[0], samples,
                               dict(flip_test=flip_test))
    assert calls == once
    # and there was something to do in every image and part
    assert min(map(len, persons)) == 4 * head.decoder.num_parts


class Elements(TorchDispatchMode):
    """The number of elements of the largest tensor that an operator made."""

    def __init__(self):
        super().__init__()
        self.most = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.most = max([
            self.most,
            *(x.numel()
              for x in tree_flatten(out)[0] if isinstance(x, torch.Tensor))
        ])
        return out


def test_elements_are_counted():
    """In forward and backward alike."""
    with Elements() as elements:
        x = torch.ones(10, requires_grad=True)
        total = x.sum()
    assert elements.most == 10
    with Elements() as elements:
        (total * 2).backward()
    assert elements.most == 10


@pytest.mark.parametrize('num_images', [1, 2])
def test_no_dense_displacement_map(num_images):
    """Not even the map of one image of the batch, nor its gradient's."""
    head = build_head('keypoint')
    features, samples = draw_batch(head, num_images)
    dense = head.decoder.num_parts * K * 2 * SIZE * SIZE
    with Elements() as elements:
        sum(head.loss((features, ), samples).values()).backward()
    assert features.numel() <= elements.most < dense

    head.eval()
    feats = [(features, ), (features.flip(-1), )]
    with Elements() as elements:
        persons = head.predict(feats, samples, dict(flip_test=True))
    assert len(persons[0]) > 0
    assert features.numel() <= elements.most < dense


def test_small_feature_maps_are_never_as_large_as_the_finest():
    """Nor is their concatenation made, forward or backward."""
    head = build_head('center', channels=128)
    _, samples = draw_batch(head, 1)
    levels = [
        torch.randn(1, channels, size, size, requires_grad=True)
        for channels, size in [(4, SIZE), (24, SIZE // 2), (100, SIZE // 8)]
    ]
    with Elements() as elements:
        sum(head.loss(levels, samples).values()).backward()
    assert all(level.grad.any() for level in levels)
    assert elements.most < 100 * SIZE * SIZE

    head.eval()
    with Elements() as elements:
        persons = head.predict([levels, [x.flip(-1) for x in levels]], samples,
                               dict(flip_test=True))
    assert len(persons[0]) > 0
    assert elements.most < 100 * SIZE * SIZE
