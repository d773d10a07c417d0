"""The ways on which data come in, and what a fault is there."""
from functools import lru_cache
from typing import List, NamedTuple

import numpy as np
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpose.registry import DATASETS
from small_set import CONFIG, Data

from mmpose_pinet.apis.check_data import check_data


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
    """That of the config's training or test."""
    return Config.fromfile(CONFIG)[f'{loop}_dataloader'].dataset


def open_set(data: Data, loop: str, **settings):
    """The dataset of the config's training or test, on these files."""
    data.write()
    root = data.options[f'{loop}_dataloader.dataset.data_root']
    with DefaultScope.overwrite_default_scope('mmpose'):
        return DATASETS.build(
            dict(dataset_config(loop), data_root=root, **settings))


def load(data: Data, loop: str) -> List[dict]:
    """All samples, packed; the same are chosen every time."""
    np.random.seed(0)
    dataset = open_set(data, loop)
    return [dataset[i] for i in range(len(dataset))]


def judge(call, words) -> str:
    """A fault if nothing is raised, or an error lacks one of the words."""
    try:
        call()
    except Exception as error:
        lacking = [word for word in words if word not in str(error)]
        if not lacking:
            return ''
        return (f'{type(error).__name__} without {", ".join(lacking)}: '
                f'{error}')
    return 'nothing is said'


def judge_check(data: Data, words) -> str:
    """A fault if no finding of check-data has all words."""
    data.write()
    findings = check_data(CONFIG, data.options)
    found = [name for names in findings._found.values() for name in names]
    if any(all(word in name for word in words) for name in found):
        return ''
    return f'none of {found} has {", ".join(words)}'
