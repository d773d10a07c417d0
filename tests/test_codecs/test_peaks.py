"""Maxima of maps, whatever their sign and their border."""
import torch

from mmpose_pinet.codecs.peaks import every_index, highest_maxima


def test_nothing_lies_beyond_the_border():
    """Not even a zero above values below it."""
    values, cells = highest_maxima(torch.full((2, 1, 2, 3), -1.), 3, 6)
    assert (values == -1).all()
    assert cells.sort(-1).values.tolist() == [[[0, 1, 2, 3, 4, 5]]] * 2


def test_falling_values_then_zeros():
    maps = torch.zeros(1, 1, 3, 5)
    maps[0, 0, 0, 0], maps[0, 0, 1, 1], maps[0, 0, 2, 4] = .5, .25, .75
    values, cells = highest_maxima(maps, 3, 4)
    assert values.tolist() == [[[.75, .5, 0, 0]]]
    assert cells[0, 0, :2].tolist() == [14, 0]
    # in a window of one cell all are maxima, in one of five two are
    assert highest_maxima(maps, 1, 3)[0].tolist() == [[[.75, .5, .25]]]
    assert highest_maxima(maps, 5, 3)[0].tolist() == [[[.75, .5, 0]]]


def test_indices_of_all_values():
    values = torch.zeros(2, 3, 4)
    for one, other in zip(
            every_index(values), (values + 1).nonzero(as_tuple=True)):
        assert torch.equal(one, other)
