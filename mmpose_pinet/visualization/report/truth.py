"""What a config's test asks for, and how it judges."""
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from os.path import join
from typing import Dict, Iterator, List, Tuple

import numpy as np
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import DATASETS, METRICS
from xtcocotools.coco import COCO

from mmpose_pinet.datasets.crowding import EASY_BELOW, HARD_FROM
from mmpose_pinet.evaluation import CrowdLevelMetric
from mmpose_pinet.evaluation.crowd_level_metric import (assign_bins, bin_names,
                                                        image_crowding)


@dataclass(frozen=True)
class Truth:
    """The people of a test set, and how poses of them are judged.

    Attributes:
        name (str): Of the data set.
        coco (COCO): Images and persons.
        paths (dict[int, str]): Files of the images, by id.
        metainfo (dict): Of the data set, as MMPose's datasets hold it.
        metric (dict): Config of the metric that judges.
        iou_type (str): Of the metric.
        use_area (bool): Of the metric.
        measure (str): How crowded an image is, a key of
            :data:`~mmpose_pinet.evaluation.crowd_level_metric.CROWDINGS`.
        bins (np.ndarray): (b + 1, ) edges of crowding.
        crowding (dict[int, float]): Of the images, by id.
    """

    name: str
    coco: COCO
    paths: Dict[int, str]
    metainfo: dict
    metric: dict
    iou_type: str
    use_area: bool
    measure: str
    bins: np.ndarray
    crowding: Dict[int, float]

    @property
    def keypoint_names(self) -> List[str]:
        """K names."""
        names = self.metainfo['keypoint_id2name']
        return [names[i] for i in range(len(names))]

    def images_by_crowding(self) -> Dict[str, List[int]]:
        """Ids of the images in each bin of crowding, by the bin's name."""
        ids = np.array(list(self.crowding))
        bin_of = assign_bins(np.array(list(self.crowding.values())), self.bins)
        return {
            name: ids[bin_of == i].tolist()
            for i, name in enumerate(bin_names(self.bins))
        }

    def images_by_level(self) -> Dict[str, List[int]]:
        """Ids of easy, medium and hard images, by CrowdPose's index: that of
        the annotation file, or else computed from it."""
        images = self.coco.imgs
        annotated = [image.get('crowdIndex') for image in images.values()]
        if all(isinstance(value, (int, float)) for value in annotated):
            index = dict(zip(images, annotated))
        else:
            index = image_crowding(self.coco, 'crowd_index')
        levels = dict(easy=[], medium=[], hard=[])
        for id_, value in index.items():
            level = ('easy' if value < EASY_BELOW else
                     'hard' if value >= HARD_FROM else 'medium')
            levels[level].append(id_)
        return levels


def load_truth(config: Config) -> Truth:
    """Read the test set of a config.

    Args:
        config (Config): With ``test_dataloader`` and ``test_evaluator``.

    Returns:
        Truth: Of all images, bins of crowding by the metric, or tenths.

    Raises:
        FileNotFoundError: If the annotation file is not there.
        ValueError: If the test is none of one data set by a CocoMetric.
    """
    with DefaultScope.overwrite_default_scope('mmpose'), \
            redirect_stdout(StringIO()):  # COCO reports that it loads
        dataset = DATASETS.build({
            **config.test_dataloader.dataset, 'pipeline': []
        })
        if not getattr(dataset, 'ann_file', None):
            raise ValueError(
                f'{config.filename}: test_dataloader.dataset is of '
                f'{type(dataset).__name__}, which has no annotation file of '
                'its own: name one data set')
        cfg, metric = find_metric(config)
        coco = COCO(cfg.get('ann_file') or dataset.ann_file)
    # the parent's bins, where the metric has none
    levels = metric if isinstance(metric,
                                  CrowdLevelMetric) else CrowdLevelMetric()
    folder = dataset.data_prefix.get('img', '')
    return Truth(
        name=dataset.metainfo['dataset_name'],
        coco=coco,
        paths={
            id_: join(folder, image['file_name'])
            for id_, image in coco.imgs.items()
        },
        metainfo=dataset.metainfo,
        metric=cfg,
        iou_type=metric.iou_type,
        use_area=metric.use_area,
        measure=levels.crowding,
        bins=levels.bins,
        crowding=image_crowding(coco, levels.crowding))


def find_metric(config: Config) -> Tuple[dict, CocoMetric]:
    """Find the first metric that computes AP, which may stand in a list.

    Args:
        config (Config): With ``test_evaluator``.

    Returns:
        tuple[dict, CocoMetric]: Its config, and itself.

    Raises:
        ValueError: If there is none, or it translates the truth.
    """
    evaluator = config.test_evaluator
    found = []
    for cfg in _flatten(evaluator):
        found.append(str(cfg.get('type')))
        metric = METRICS.build(dict(cfg))
        if isinstance(metric, CocoMetric) and cfg.get('gt_converter') is None:
            return dict(cfg), metric
    raise ValueError(
        f'{config.filename}: test_evaluator is {", ".join(found)}. A report '
        'takes a CocoMetric, or one of its kind, without a gt_converter')


def _flatten(evaluator) -> Iterator[dict]:
    if isinstance(evaluator, (list, tuple)):
        for metric in evaluator:
            yield from _flatten(metric)
    elif 'metrics' in evaluator:
        yield from _flatten(evaluator['metrics'])
    else:
        yield evaluator
