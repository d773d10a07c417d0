"""Batches of one shape, results in the order of the inputs."""
import threading
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpose_pinet.pictures.batching import (LOOK_AHEAD, read_ahead,
                                            run_in_batches)


class Work:
    """Notes what is read and run; an item is its number and its shape."""

    def __init__(self, shapes, batch_size):
        self.taken, self.held, self.batches = 0, 0, []
        self._shapes, self._size = shapes, batch_size

    def _items(self):
        for number, shape in enumerate(self._shapes):
            self.taken += 1
            waiting = self.taken - sum(map(len, self.batches))
            self.held = max(self.held, waiting)
            yield number, shape

    def _run(self, batch):
        self.batches.append([shape for _, shape in batch])
        return [number for number, _ in batch]

    def results(self):
        return run_in_batches(self._items(), lambda item: item[1], self._run,
                              self._size)


@given(st.lists(st.sampled_from('abcd')), st.integers(1, 4))
def test_any_order_of_shapes(shapes, batch_size):
    work = Work(shapes, batch_size)
    assert list(work.results()) == list(range(len(shapes)))
    assert all(len(set(batch)) == 1 for batch in work.batches)
    assert all(len(batch) <= batch_size for batch in work.batches)
    assert work.held <= LOOK_AHEAD * batch_size + 1


def test_batches_are_filled_across_other_shapes():
    """In order, shapes that take turns would run one by one."""
    work = Work('ab' * 8, 4)
    list(work.results())
    assert sorted(map(len, work.batches)) == [4, 4, 4, 4]
    assert max(len(list(run)) for _, run in groupby('ab' * 8)) == 1


def test_a_rare_shape_does_not_hold_up_the_others_for_ever():
    work = Work('rs' + 'a' * 1000, 2)
    results = work.results()
    for number in range(2):
        assert next(results) == number
        assert work.taken == LOOK_AHEAD * 2 + 1 + number


def test_single_items_are_run_before_the_next_is_taken():
    work = Work('abc', 1)
    for number, result in enumerate(work.results()):
        assert result == number
        assert work.taken == number + 1


def test_reading_ahead_keeps_the_order_and_its_bounds():
    taken = []

    def items():
        for number in range(40):
            taken.append(number)
            yield number

    read = read_ahead(lambda number: -number, items())
    assert [next(read) for _ in range(3)] == [0, -1, -2]
    assert 3 < len(taken) < 20
    assert list(read) == [-number for number in range(3, 40)]


def test_reading_ahead_is_done_at_the_same_time():
    """Each of two items is read only while the other is."""
    both = threading.Barrier(2, timeout=10)
    assert len(list(read_ahead(lambda _: both.wait(), 'ab'))) == 2


def test_an_item_that_cannot_be_read_is_told_in_its_turn():

    def read(number):
        if number == 2:
            raise ValueError('2 cannot be read')
        return number

    reading = read_ahead(read, range(5))
    assert [next(reading), next(reading)] == [0, 1]
    with pytest.raises(ValueError, match='2 cannot be read'):
        next(reading)
