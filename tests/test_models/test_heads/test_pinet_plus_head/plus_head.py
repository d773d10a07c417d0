"""A head of COCO's people with weights of all kinds, and people for it."""
import numpy as np
import torch
import torch.nn as nn
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.structures import PoseDataSample

from mmpose_pinet.models import PINetPlusHead

K, S, C = 17, 3, 6
W, H = 24, 16  # cells of 4 px
CODEC = dict(
    type='PartSPR',
    input_size=(4 * W, 4 * H),
    heatmap_size=(W, H),
    parts='part-large',
    skeleton='coco',
    min_instance_area=1)


def build_plus_head(cls=PINetPlusHead, **kwargs):
    """``kwargs`` replace whole arguments."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    head = cls(
        **{
            'in_channels': C,
            'decoder': CODEC,
            'refinement': dict(type='PoseRefinement', num_layers=1),
            **kwargs
        })
    for layer in (head.point_layer, head.displacement_layer):
        nn.init.normal_(layer.weight)
        nn.init.normal_(layer.bias)
    if getattr(head, 'localisation', None) is not None:
        nn.init.normal_(head.localisation.query.weight)
        nn.init.normal_(head.localisation.part_query.weight)
    return head


def draw_features(num_images, seed=1):
    torch.manual_seed(seed)
    return torch.randn(num_images, C, H, W)


def samples(num_images, **metainfo):
    return [PoseDataSample(metainfo=metainfo) for _ in range(num_images)]


def draw_labelled(head, *num_persons, seed=0, mask=None):
    """Samples as the training pipeline makes them."""
    rng = np.random.default_rng(seed)
    labelled = []
    for count in num_persons:
        middle = rng.uniform([20, 16], [4 * W - 20, 4 * H - 16], (count, 1, 2))
        keypoints = middle + rng.uniform(-15, 15, (count, K, 2))
        low, high = keypoints.min(1), keypoints.max(1)
        results = dict(
            img=np.zeros((4 * H, 4 * W, 3), np.uint8),
            keypoints=keypoints.astype(np.float32),
            keypoints_visible=rng.integers(0, 3, (count, K)),
            bbox=np.concatenate([low, high], 1),
            area=np.prod(high - low, -1))
        results.update(
            head.decoder.encode(*(results[key]
                                  for key in ('keypoints', 'keypoints_visible',
                                              'area'))))
        for table in 'field', 'instance', 'label':
            name = f'{table}_mapping_table'
            results[name] = getattr(head.decoder, name)
        packed = PackPoseInputs().transform(results)['data_samples']
        if mask is not None:
            packed.gt_fields.set_field(mask, 'heatmap_mask')
        labelled.append(packed)
    assert all(isinstance(s.gt_fields, PixelData) for s in labelled)
    return labelled
