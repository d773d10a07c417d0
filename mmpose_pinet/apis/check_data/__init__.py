"""All mistakes of a config and its data at once: ``pinet check-data``."""
import warnings
from os.path import join, realpath
from typing import Dict, Iterable, List, Optional

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmpose_pinet.datasets import LabelledCocoDataset
from mmpose_pinet.datasets.checks import PictureError, read_pictures
from mmpose_pinet.pictures.progress import show_progress

from ..configs import merge_options
from ..zoo import find_config
from .annotations import AnnotationFile, check_annotations, read_json
from .building import attempt
from .evaluators import check_evaluators, keys_needed, metrics_of
from .findings import Findings
from .model import check_config
from .persons import Use
from .sets import DataSet, find_sets

__all__ = ['Findings', 'check_data', 'main']


def main(config: str, cfg_options: Optional[dict] = None) -> int:
    """Print all mistakes of a config and its data.

    Args:
        config (str): A config's path or name, see :func:`find_config`.
        cfg_options (dict, optional): Keys of it and other values.

    Returns:
        int: 0, or 1 if a training or test would suffer.

    Raises:
        ValueError: If there is no such config.
    """
    findings = check_data(config, cfg_options)
    print(findings.report())
    return int(findings.num_errors > 0)


def check_data(config: str, cfg_options: Optional[dict] = None) -> Findings:
    """Look for mistakes in a config and its data.

    Nothing is raised at a mistake, so that all are found in one run: the
    annotation files are read as they are, not by a dataset, whose work ends
    at the first.

    Args:
        config (str): A config's path or name, see :func:`find_config`.
        cfg_options (dict, optional): Keys of it and other values.

    Raises:
        ValueError: If there is no such config, or no place for an option.
    """
    findings = Findings()
    path = find_config(config)
    # MMPose warns of each metainfo file that it finds in its own package
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        cfg = attempt(Config.fromfile, path, path, 'config', findings)
        if cfg is None:
            return findings
        merge_options(cfg, cfg_options)
        init_default_scope(cfg.get('default_scope', 'mmpose'))
        check_config(cfg, findings)
        sets = find_sets(cfg, findings)
    _check_sets(cfg, sets, findings)
    return findings


def _check_sets(cfg: Config, sets: List[DataSet], findings: Findings) -> None:
    expected: Dict[str, List[tuple]] = {}
    trained, tested = set(), set()
    for data_set in sets:
        dataset, place = data_set.dataset, data_set.place
        content = read_json(dataset.ann_file, place, findings)
        if content is None:
            continue
        check_evaluators(cfg, data_set, content, findings)
        metrics = [
            metric for loop in data_set.loops
            for metric in metrics_of(cfg, loop)
        ]
        needs = {key for metric in metrics for key in keys_needed(metric)}
        use = Use(place, data_set.joints,
                  len(metrics) > 0, tuple(sorted(needs)))
        annotations = check_annotations(content, use, findings)
        _check_persons(data_set, annotations, use, findings)
        findings.sets.append(f'{place}: {len(annotations.images)} pictures, '
                             f'{annotations.num_persons} persons, '
                             f'{dataset.ann_file}')
        for image in annotations.images:
            file = join(dataset.data_prefix['img'], image['file_name'])
            expected.setdefault(file, []).append((place, image))
            for loop in data_set.loops:
                (trained if loop == 'train' else tested).add(file)
    for file in _shared(trained, tested):
        findings.add('shared', 'train', file)
    _check_pictures(expected, findings)


def _shared(trained: Iterable[str], tested: Iterable[str]) -> List[str]:
    """The files of both, under whatever name."""
    tested = {realpath(file) for file in tested}
    return sorted(file for file in trained if realpath(file) in tested)


def _check_persons(data_set: DataSet, annotations: AnnotationFile, use: Use,
                   findings: Findings) -> None:
    """A set to train on or to judge by needs somebody."""
    dataset = data_set.dataset
    if not ('train' in data_set.loops or use.is_judged_by):
        return
    if not annotations.num_persons:
        findings.add('nobody', use.place,
                     f'{dataset.ann_file} has no person with labelled joints')
    elif isinstance(dataset, LabelledCocoDataset) and dataset.filter_cfg:
        fewest = dataset.filter_cfg['min_labelled_keypoints']
        if max(annotations.num_labelled.values()) < fewest:
            findings.add(
                'nobody', 'train', f'no picture of {dataset.ann_file} has '
                f'{fewest} labelled keypoints, as filter_cfg.'
                'min_labelled_keypoints wants')


def _check_pictures(expected: Dict[str, List[tuple]],
                    findings: Findings) -> None:
    """Compare files with the entries that name them, by path."""
    pictures = show_progress(
        read_pictures(expected), 'pictures', total=len(expected))
    for file, picture in pictures:
        for place, image in expected[file]:
            name = image['file_name']
            if isinstance(picture, PictureError):
                if picture.is_missing:
                    findings.add('missing', place, name)
                else:
                    findings.add('unreadable', place, f'{name}: {picture}')
            elif picture.size != (image['width'], image['height']):
                turned = ', as EXIF turns it' if picture.on_its_side else ''
                findings.add(
                    'size', place,
                    f'{name} is {picture.size[0]} x {picture.size[1]}, not '
                    f'{image["width"]} x {image["height"]}{turned}')
