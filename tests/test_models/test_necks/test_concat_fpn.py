"""All levels of a pyramid in one map."""
import pytest
import torch
from mmpose.models.necks import FPN

from mmpose_pinet.models import ConcatFPN, PINetHead

CFG = dict(in_channels=[3, 5, 7], out_channels=4, num_outs=3)
SHAPES = [(2, 3, 16, 24), (2, 5, 8, 12), (2, 7, 4, 6)]


@pytest.fixture
def maps():
    torch.manual_seed(0)
    return [torch.rand(shape) for shape in SHAPES]


@pytest.fixture
def neck():
    torch.manual_seed(1)
    return ConcatFPN(**CFG)


def bilinear(level, height, width):
    """By a loop over cells, whose centres lie half a cell in."""
    rows, columns = level.shape[2:]
    out = torch.empty(*level.shape[:2], height, width)
    for y in range(height):
        for x in range(width):
            v = min(max((y + 0.5) * rows / height - 0.5, 0), rows - 1)
            u = min(max((x + 0.5) * columns / width - 0.5, 0), columns - 1)
            top, left = int(v), int(u)
            bottom, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
            v, u = v - top, u - left
            out[..., y, x] = ((1 - v) * (1 - u) * level[..., top, left] +
                              (1 - v) * u * level[..., top, right] + v *
                              (1 - u) * level[..., bottom, left] +
                              v * u * level[..., bottom, right])
    return out


@torch.no_grad()
def test_levels_are_those_of_mmposes_pyramid_side_by_side(neck, maps):
    plain = FPN(**CFG)
    plain.load_state_dict(neck.state_dict())
    found, = neck(maps)
    assert found.shape == (2, 12, 16, 24)
    for part, level in zip(found.split(4, dim=1), plain(maps)):
        torch.testing.assert_close(part, bilinear(level, 16, 24))


@torch.no_grad()
def test_pinets_head_reads_the_same_of_both(neck, maps):
    plain = FPN(**CFG)
    plain.load_state_dict(neck.state_dict())
    head = PINetHead(
        in_channels=12,
        decoder=dict(
            type='PartSPR',
            input_size=(96, 64),
            heatmap_size=(24, 16),
            parts='part-large',
            skeleton='coco'))
    torch.testing.assert_close(head(neck(maps)), head(plain(maps)))
