"""What lies beside the images of a padded batch is zero, to the cell."""
import pytest
import torch
from mmpose.structures import PoseDataSample

from mmpose_pinet.models.layers.padding import content_shares, mask_padding


def samples(batch_shape, *shapes):
    return [
        PoseDataSample(
            metainfo=dict(pad_shape=shape, batch_input_shape=batch_shape))
        for shape in shapes
    ]


@pytest.mark.parametrize('wider', [0, 1])
def test_every_size_is_met_to_the_cell(wider):
    """Also where a share of the batch is no round number."""
    sides = range(64, 1409, 64)
    for whole in sides:
        own = [side for side in sides if side <= whole]
        shares = content_shares(
            samples((whole, whole), *((side, side) for side in own)))
        if len(own) == 1:
            assert shares is None
            continue
        cells = whole // 4
        maps = torch.ones(len(own), 1, cells, cells + wider)
        masked = mask_padding(maps, shares, (cells, cells))
        for side, (kept, ) in zip(own, masked):
            expected = torch.zeros(cells, cells + wider)
            expected[:side // 4, :side // 4 + wider] = 1
            assert torch.equal(kept, expected)


def test_height_and_width_are_not_confused():
    shares = content_shares(samples((128, 192), (128, 64), (64, 192)))
    masked = mask_padding(torch.ones(2, 3, 32, 48), shares, (48, 32))
    assert masked[0].sum() == 3 * 32 * 16 and masked[0, :, :, :16].all()
    assert masked[1].sum() == 3 * 16 * 48 and masked[1, :, :16].all()


def test_a_batch_without_padding_is_left_alone():
    maps = torch.rand(2, 3, 8, 8)
    assert content_shares(samples((32, 32), (32, 32), (32, 32))) is None
    assert content_shares([PoseDataSample()]) is None
    assert mask_padding(maps, None, (8, 8)) is maps
