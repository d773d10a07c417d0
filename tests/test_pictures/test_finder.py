"""One call for pictures from everywhere, around a model that finds nobody."""
import os
import pickle

import cv2
import numpy as np
import pytest

from mmpose_pinet.pictures import Finder
from mmpose_pinet.pictures.inputs import read_image
from mmpose_pinet.results import Result


class Nobody(Finder):
    """Notes the size of each batch."""

    sigmas = (.1, )

    def __init__(self):
        super().__init__()
        self.batches = []

    def read(self, picture):
        return picture._replace(image=None), read_image(picture).shape

    def shape_of(self, data):
        return data[1]

    def run(self, batch):
        self.batches.append(len(batch))
        nothing = np.zeros((0, 1, 2)), np.zeros((0, 1)), np.zeros(
            (0, 4)), np.zeros(0)
        return [
            Result(*nothing, ('nose', ), (), (width, height), picture.source,
                   picture.frame) for picture, (height, width, _) in batch
        ]


@pytest.fixture
def finder():
    return Nobody()


def test_a_picture_gives_its_result(finder, pictures):
    assert finder(pictures[1]).image_size == (128, 90)
    result = finder(cv2.imread(str(pictures[1])))
    assert result.image_size == (128, 90) and result.source is None


def test_a_list_gives_a_list_in_its_order(finder, pictures):
    results = finder(pictures, batch_size=2)
    assert [r.source for r in results] == [str(file) for file in pictures]
    assert sorted(finder.batches) == [1, 2, 2]  # of one shape each


def test_all_else_gives_an_iterator(finder, pictures, video):
    folder = pictures[0].parent
    for inputs in folder, f'{folder}/*.png', iter(pictures), video:
        results = finder(inputs)
        assert iter(results) is results
        assert len(list(results)) == 5


def test_a_picture_may_come_after_the_last_ones_result(finder, pictures):
    told = []

    def ask():
        for number in range(3):
            assert len(told) == number
            yield pictures[number]

    for result in finder(ask()):
        told.append(result)
    assert len(told) == 3


def test_a_batch_holds_a_picture_at_least(finder, pictures):
    with pytest.raises(
            ValueError, match='batch_size=0 must be a whole number'):
        finder(pictures, batch_size=0)


def test_a_forked_process_is_told_what_to_do(finder, pictures):
    child = os.fork()
    if not child:
        try:
            finder(pictures[0])
        except RuntimeError as error:
            os._exit(3 if 'Make one in each worker' in str(error) else 4)
        finally:
            os._exit(5)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3


def test_what_is_pickled_belongs_to_who_reads_it(finder, monkeypatch):
    pickled = pickle.dumps(finder._fork_guard)
    monkeypatch.setattr(os, 'getpid', lambda: -1)
    pickle.loads(pickled).check()
    with pytest.raises(RuntimeError, match='made before a fork'):
        finder._fork_guard.check()
