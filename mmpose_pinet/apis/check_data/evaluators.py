"""What evaluators need of an annotation file."""
from typing import Iterator, List

from mmengine.config import Config, ConfigDict

from mmpose_pinet.engine.run_check_hook import check_crowd_index

from .annotations import read_json
from .findings import Findings
from .sets import DataSet


def metrics_of(config: Config, loop: str) -> List[ConfigDict]:
    """The configs of a loop's metrics that compute AP from COCO files.

    Args:
        config (Config): Of a training or test.
        loop (str): ``'train'`` has none.
    """
    return [
        metric for metric in _flatten(config.get(f'{loop}_evaluator') or [])
        if metric.get('type', '').endswith('CocoMetric')
        and not metric.get('format_only', False)
    ]


def keys_needed(metric: ConfigDict) -> List[str]:
    """List what a metric needs of each person's annotation.

    Args:
        metric (ConfigDict): Of a :class:`CocoMetric`.
    """
    keys = ['area'] if metric.get('use_area', True) else []
    if metric.get('iou_type') == 'keypoints_crowd':
        keys.append('num_keypoints')
    return keys


def _flatten(evaluator) -> Iterator[ConfigDict]:
    """An evaluator's config is a metric, a list of them, or holds one."""
    if isinstance(evaluator, (list, tuple)):
        for metric in evaluator:
            yield from _flatten(metric)
    elif 'metrics' in evaluator:
        yield from _flatten(evaluator.metrics)
    else:
        yield evaluator


def check_evaluators(config: Config, data_set: DataSet, content: dict,
                     findings: Findings) -> None:
    """Look for ``crowdIndex`` where metrics split images by it.

    Args:
        config (Config): Of a training or test.
        data_set (DataSet): What its loops judge by, unless metrics name an
            annotation file of their own.
        content (dict): Of the set's annotation file.
        findings (Findings): Added to.
    """
    for loop in data_set.loops:
        for metric in metrics_of(config, loop):
            path, truth = data_set.dataset.ann_file, content
            if metric.get('ann_file') and metric.ann_file != path:
                path = metric.ann_file
                truth = read_json(path, loop, findings) or {}
            if metric.get('iou_type') != 'keypoints_crowd':
                continue
            images = truth.get('images')
            if not isinstance(images, list):  # noted already
                continue
            try:
                check_crowd_index(
                    [image for image in images if isinstance(image, dict)],
                    path, loop)
            except ValueError as error:
                findings.add('crowd_index', loop, str(error))
