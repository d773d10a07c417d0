"""The data sets that a config names, less their data."""
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Tuple

from mmengine.config import Config, ConfigDict
from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.registry import DATASETS

from mmpose_pinet.datasets import CheckedAnnotations

from .building import attempt
from .findings import Findings

LOOPS = ('train', 'val', 'test')


@dataclass
class DataSet:
    """A data set that at least one loop reads.

    Attributes:
        dataset (BaseCocoStyleDataset): Without its data: its metainfo, and
            its paths as MMPose joins them.
        loops (list[str]): Those of ``LOOPS`` that read it.
    """
    dataset: BaseCocoStyleDataset
    loops: List[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        """How findings name it."""
        return ', '.join(self.loops)

    @property
    def joints(self) -> List[str]:
        """Names of the K joints."""
        return list(self.dataset.metainfo['keypoint_name2id'])


def nested_datasets(config: ConfigDict,
                    key: str) -> Iterator[Tuple[str, ConfigDict]]:
    """A dataset's config, and those of the datasets that it wraps.

    Args:
        config (ConfigDict): Of a dataset.
        key (str): Its key in the whole config.

    Yields:
        tuple[str, ConfigDict]: A key and the config there, outermost first.
    """
    yield key, config
    if 'dataset' in config:  # RepeatDataset, ClassBalancedDataset
        yield from nested_datasets(config.dataset, f'{key}.dataset')
    # ConcatDataset, CombinedDataset
    for index, part in enumerate(config.get('datasets', [])):
        yield from nested_datasets(part, f'{key}.datasets[{index}]')


def find_sets(config: Config, findings: Findings) -> List[DataSet]:
    """Find the data sets of all loops; one file and folder is one set.

    Args:
        config (Config): Of a training or test.
        findings (Findings): Told of datasets that cannot be built.
    """
    sets: Dict[tuple, DataSet] = {}
    for loop in LOOPS:
        loader = config.get(f'{loop}_dataloader')
        if not loader:
            continue
        key = f'{loop}_dataloader.dataset'
        for key, leaf in nested_datasets(loader.dataset, key):
            if 'dataset' in leaf or 'datasets' in leaf:
                continue
            dataset = _build(leaf, key, loop, findings)
            if dataset is None:
                continue
            same = (dataset.ann_file, dataset.data_prefix['img'],
                    dataset.metainfo['num_keypoints'])
            data_set = sets.setdefault(same, DataSet(dataset))
            if loop not in data_set.loops:
                data_set.loops.append(loop)
            if loop == 'train':  # its filter counts
                data_set.dataset = dataset
    return list(sets.values())


def _build(config: ConfigDict, key: str, loop: str, findings: Findings):
    # lazy: paths and metainfo, no data; pipelines are looked into apart
    dataset = attempt(DATASETS.build,
                      dict(config, lazy_init=True,
                           pipeline=[]), key, loop, findings)
    reader = getattr(type(dataset), '_load_annotations', None)
    readers = (BaseCocoStyleDataset._load_annotations,
               CheckedAnnotations._load_annotations)
    if dataset is not None and reader not in readers:
        findings.add(
            'unknown_format', loop,
            f'{key}: {type(dataset).__name__} reads another format '
            "than COCO's")
        return None
    return dataset
