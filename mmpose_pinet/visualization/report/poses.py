"""Poses of a test: a dump of tools/test.py, or results of COCO's form."""
import json
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, List, Sequence

import numpy as np
import torch
from mmengine.registry import DefaultScope
from mmpose.registry import METRICS
from mmpose.utils.tensor_utils import to_numpy

from mmpose_pinet.compat import restricted_pickle
from mmpose_pinet.fusion import check_finite

from .truth import Truth

DUMPS = ('.pkl', '.pickle')


class DumpUnpickler(restricted_pickle.Unpickler):
    """Read a dump, and run nothing of what it holds.

    Raises:
        RefusedError: While loading, if the file names what no dump needs.
    """

    def find_class(self, module: str, name: str) -> Any:
        """Return what a file may name: as a checkpoint's, and the numbers of
        a tensor, which outside checkpoints are a checkpoint of their own."""
        if (module, name) == ('torch.storage', '_load_from_bytes'):
            return _load_storage
        return super().find_class(module, name)


def _load_storage(content: bytes) -> Any:
    return torch.load(
        BytesIO(content),
        map_location='cpu',
        weights_only=False,  # restricted_pickle refuses more than that
        pickle_module=restricted_pickle)


def load_poses(path: str) -> List[dict]:
    """Read a file of poses as it is.

    Args:
        path (str): A dump of ``tools/test.py --dump`` (.pkl), or results of
            COCO's form (.json).

    Returns:
        list: For :func:`poses_of`.

    Raises:
        OSError: If there is no such file.
        ValueError: If it is none of both, or damaged.
    """
    suffix = Path(path).suffix.lower()
    if suffix in DUMPS:
        return _read_dump(path)
    if suffix != '.json':
        raise ValueError(f'{path} is neither a dump of tools/test.py (.pkl) '
                         'nor a file of COCO results (.json)')
    try:
        results = json.loads(Path(path).read_text())
    except ValueError as error:
        raise ValueError(
            f'{path} is no file of COCO results: {error}') from error
    if not isinstance(results, list):
        raise ValueError(f'{path} is no file of COCO results: it holds '
                         f'{type(results).__name__}, not a list')
    return results


def poses_of(content: List[dict], path: str, truth: Truth) -> List[dict]:
    """Find the poses in what a file holds.

    Those of a dump get score and NMS of the test's metric, results of COCO's
    form are taken as they are.

    Args:
        content (list): See :func:`load_poses`.
        path (str): It comes from, for errors.
        truth (Truth): Of the test.

    Returns:
        list[dict]: ``image_id``, ``category_id``, ``keypoints`` (3 K numbers,
        image px) and ``score`` of each pose.

    Raises:
        ValueError: If a pose is of another test, or is not finite.
    """
    if Path(path).suffix.lower() in DUMPS:
        content = _judged(content, path, truth)
    _check(content, path, truth)
    return content


def _read_dump(path: str) -> List[dict]:
    with open(path, 'rb') as file:
        try:
            samples = DumpUnpickler(file).load()
        except restricted_pickle.RefusedError as error:
            raise ValueError(
                f'{path} is refused: it names {error.name}, which no dump '
                'of tools/test.py is made of and which may run '
                'code') from error
        except Exception as error:  # whatever damaged bytes happen to raise
            raise ValueError(
                f'{path} is cut off, damaged or no dump of tools/test.py '
                f'({type(error).__name__})') from error
    if not (isinstance(samples, list) and samples
            and all(_is_sample(sample) for sample in samples)):
        raise ValueError(
            f'{path} is no dump of tools/test.py: it must be a list with '
            'img_id and pred_instances of each image, or person')
    return samples


def _is_sample(sample: Any) -> bool:
    found = sample.get('pred_instances') if isinstance(sample, dict) else None
    return isinstance(found, dict) and {'img_id', 'id'} <= set(sample) and {
        'keypoints', 'keypoint_scores'
    } <= set(found)


def _judged(samples: List[dict], path: str, truth: Truth) -> List[dict]:
    """Let the test's metric score poses, and leave out what its NMS does."""
    num_keypoints = len(truth.keypoint_names)
    for sample in samples:
        sample.setdefault('gt_instances', {})
        found = sample['pred_instances']
        for key, value in found.items():
            found[key] = to_numpy(value) if torch.is_tensor(value) else value
        where = f'{path}: image {sample["img_id"]}'
        if found['keypoints'].shape[1:] != (num_keypoints, 2):
            raise ValueError(f'{where}: keypoints are of shape '
                             f'{found["keypoints"].shape}, but the test set '
                             f'has {num_keypoints} keypoints')
        check_finite(found['keypoints'], found['keypoint_scores'], where)
    with TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        prefix = str(Path(folder, 'poses'))
        with DefaultScope.overwrite_default_scope('mmpose'):
            metric = METRICS.build(
                dict(truth.metric, format_only=True, outfile_prefix=prefix))
        metric.dataset_meta = truth.metainfo
        metric.coco = truth.coco
        metric.process([], samples)
        metric.compute_metrics(metric.results)
        return json.loads(Path(f'{prefix}.keypoints.json').read_text())


def _check(poses: List[dict], path: str, truth: Truth) -> None:
    """Refuse what COCO's evaluation would fail at, or take for right."""
    size = 3 * len(truth.keypoint_names)
    for number, pose in enumerate(poses):
        where = f'{path}: result {number}'
        if not isinstance(pose, dict) or not {
                'image_id', 'keypoints', 'score'
        } <= set(pose):
            raise ValueError(f'{where} needs image_id, keypoints and score')
        if pose['image_id'] not in truth.coco.imgs:
            raise ValueError(f'{where} is of image {pose["image_id"]!r}, '
                             'which the test set does not have')
        pose.setdefault('category_id', 1)
        if not _are_numbers([pose['score']], 1):
            raise ValueError(f'{where}: score is {pose["score"]!r}, no finite '
                             'number')
        if not _are_numbers(pose['keypoints'], size):
            raise ValueError(f'{where}: keypoints must be {size} finite '
                             'numbers: x, y and score of each')


def _are_numbers(values: Sequence[float], size: int) -> bool:
    try:
        numbers = np.array(values, float)
    except (ValueError, TypeError):
        return False
    return numbers.shape == (size, ) and bool(np.isfinite(numbers).all())
