"""The ways on which data come in, and what a fault is there."""
from functools import lru_cache
from pathlib import Path
from typing import List, NamedTuple

import numpy as np
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpose.registry import DATASETS, TRANSFORMS
from small_set import CONFIG, CocoSet

from mmpose_pinet.codecs.skeletons import read_dataset_info


class Try(NamedTuple):
    """What became of one bad sample on one way.

    Attributes:
        sample, way (str): Which.
        fault (str): What went wrong, empty if nothing did.
    """
    sample: str
    way: str
    fault: str = ''


def table(tries: List[Try]) -> str:
    """Count tries and faults of each way, and tell the faults."""
    ways = list(dict.fromkeys(t.way for t in tries))
    faults = [t for t in tries if t.fault]
    lines = [
        f'{way:12} {sum(t.way == way for t in tries):4} tries '
        f'{sum(t.way == way for t in faults):4} faults' for way in ways
    ]
    told = [f'  {t.way}: {t.sample}: {t.fault:.300}' for t in faults]
    return '\n'.join([*lines, *told])


@lru_cache(None)
def dataset_config(loop: str) -> dict:
    """That of the config's training or test, with its transforms built."""
    config = Config.fromfile(CONFIG)[f'{loop}_dataloader'].dataset
    transforms = [TRANSFORMS.build(step) for step in config.pipeline]
    # to serialise calls the garbage collector, for half a second; a metainfo
    # file is read anew by each dataset
    return dict(
        config,
        pipeline=transforms,
        serialize_data=False,
        metainfo=read_dataset_info('coco'))


class OneSet:
    """A set of a few pictures, to be changed and opened.

    Args:
        root (Path): An empty folder.
        loop (str): ``'train'`` or ``'val'``, the config's training or test.
        num_images (int): How many, without a mistake.
    """

    def __init__(self, root: Path, loop: str, num_images: int = 2) -> None:
        self.loop = loop
        self.of = CocoSet(root, loop, num_images, 1)

    def open(self):
        """The dataset that reads it."""
        return open_set(self.of, self.loop)

    def load(self) -> List[dict]:
        """All samples, packed; the same are chosen every time."""
        np.random.seed(0)
        dataset = self.open()
        return [dataset[i] for i in range(len(dataset))]


def open_set(of: CocoSet, loop: str):
    """Write a set; the dataset of the config's training or test, on it."""
    of.write()
    with DefaultScope.overwrite_default_scope('mmpose'):
        return DATASETS.build(
            dict(dataset_config(loop), data_root=str(of.file.parents[1])))
