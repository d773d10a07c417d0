"""Batches arrive as they were sent, tensors and all."""
import io
import pickle

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import FUNCTIONS
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from torch.utils.data import DataLoader, Dataset

from mmpose_pinet.datasets import packed_collate
from mmpose_pinet.datasets.packed_collate import Parcel


class Samples(Dataset):
    """Tensors of several types and shapes, none, and what is no tensor."""

    def __len__(self):
        return 4

    def __getitem__(self, number):
        sample = PoseDataSample(metainfo=dict(img_id=number))
        sample.gt_instance_labels = InstanceData(
            cells=torch.arange(number),
            weights=torch.full((number, 3), .5, dtype=torch.double))
        sample.gt_instances = InstanceData(areas=np.arange(number))
        image = torch.full((3, 5, 7), number, dtype=torch.uint8)
        return dict(inputs=image.permute(0, 2, 1), data_samples=sample)


@pytest.mark.parametrize('workers', [0, 2])
def test_a_loader_gives_what_it_gives_without(workers):
    first, second = (list(
        DataLoader(Samples(), 2, num_workers=n, collate_fn=collate))
                     for n, collate in ((workers, packed_collate),
                                        (0, pseudo_collate)))
    assert len(first) == len(second) == 2
    for one, other in zip(first, second):
        assert one.keys() == other.keys()
        assert all(map(torch.equal, one['inputs'], other['inputs']))
        for a, b in zip(one['data_samples'], other['data_samples']):
            assert a.metainfo == b.metainfo
            assert a.gt_instances.areas.tolist() == \
                b.gt_instances.areas.tolist()
            for key in 'cells', 'weights':
                x, y = (z.gt_instance_labels.get(key) for z in (a, b))
                assert x.dtype == y.dtype and torch.equal(x, y)


def test_all_tensors_travel_as_one():
    tensors = [torch.rand(3), torch.arange(5), torch.tensor(True)]
    seen = []

    class Pickler(pickle.Pickler):

        def reducer_override(self, value):
            seen.append(type(value))
            return NotImplemented

    Pickler(io.BytesIO(), 4).dump(Parcel(tensors))
    assert seen.count(torch.Tensor) == 1


def test_nothing_but_words_travels_too():
    assert pickle.loads(pickle.dumps(Parcel(['a', {}]))) == ['a', {}]


def test_configs_find_it():
    assert FUNCTIONS.get('packed_collate') is packed_collate
