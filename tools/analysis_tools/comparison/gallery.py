"""Test images with what every model finds, side by side."""
from contextlib import redirect_stdout
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import List, Sequence, Tuple

import cv2
import mmcv
import numpy as np
import torch.nn as nn
from mmengine.config import Config
from mmengine.device import get_device
from mmpose.apis import inference_bottomup, init_model
from mmpose.registry import DATASETS
from xtcocotools.coco import COCO

from mmpose_pinet.evaluation.crowd_level_metric import image_crowding
from mmpose_pinet.models.persons import shown_from
from mmpose_pinet.results import Result

CELL = 320  # px of an image, with its margin
TITLE = 28  # px above the columns


def draw_gallery(names: Sequence[str], models: Sequence[Tuple[Config, str]],
                 out: Path, num_images: int) -> None:
    """Draw one row an image and one column a model, the truth first.

    Images stand at even steps from the least to the most crowded. Persons
    are drawn from the score on that their model shows them from, which its
    title tells: of their ``bbox_scores``, or the mean of their keypoints'.

    Args:
        names (list[str]): Of the models.
        models (list[tuple[Config, str]]): Configs and checkpoints.
        out (Path): The picture to write.
        num_images (int): How many images, at most.
    """
    cfg = deepcopy(models[0][0])
    with redirect_stdout(StringIO()):  # COCO reports that it loads
        dataset = DATASETS.build({
            **cfg.test_dataloader.dataset, 'pipeline': []
        })
        images = _choose(dataset, cfg.test_evaluator.crowding, num_images)
    columns = [('truth', [_true(info, dataset.metainfo) for info in images])]
    columns += [
        _column(name, *model, images) for name, model in zip(names, models)
    ]
    picture = np.hstack([
        np.vstack([_title(name), *map(_draw, results)])
        for name, results in columns
    ])
    cv2.imwrite(str(out), picture)


def _choose(dataset, crowding: str, num_images: int) -> List[dict]:
    """Take images at even steps through their crowding."""
    values = image_crowding(COCO(dataset.ann_file), crowding)
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    infos.sort(key=lambda info: (values[info['img_id']], info['img_id']))
    steps = np.linspace(0, len(infos) - 1, num_images).astype(int)
    return [infos[i] for i in dict.fromkeys(steps.tolist())]


def _true(info: dict, metainfo: dict) -> Result:
    keypoints = np.asarray(info['keypoints'])
    return _result(info, metainfo, keypoints,
                   np.asarray(info['keypoints_visible'], float),
                   np.ones(len(keypoints)))


def _column(name: str, cfg: Config, checkpoint: str,
            infos: Sequence[dict]) -> Tuple[str, List[Result]]:
    """Find a model's persons, and write its title."""
    with redirect_stdout(StringIO()):
        # on a copy, which it changes
        model = init_model(deepcopy(cfg), checkpoint, device=get_device())
    score_thr = shown_from(model)
    return (f'{name[:20]} ({score_thr:g}+)',
            [_found(model, info, score_thr) for info in infos])


def _found(model: nn.Module, info: dict, score_thr: float) -> Result:
    found = inference_bottomup(model, info['img_path'])[0].pred_instances
    scores = np.asarray(
        found.get('bbox_scores', found.keypoint_scores.mean(-1)))
    best = np.argsort(-scores)[:(scores >= score_thr).sum()]
    return _result(info, model.dataset_meta, found.keypoints[best],
                   found.keypoint_scores[best], scores[best])


def _result(info: dict, metainfo: dict, keypoints: np.ndarray,
            keypoint_scores: np.ndarray, scores: np.ndarray) -> Result:
    """Hold persons, in px of the image as it is drawn."""
    height, width = mmcv.imread(info['img_path']).shape[:2]
    scale = CELL / max(width, height)
    keypoints = keypoints * scale
    return Result(
        keypoints=keypoints,
        keypoint_scores=keypoint_scores,
        bboxes=np.concatenate(
            [keypoints.min(1), keypoints.max(1)], axis=1),
        bbox_scores=scores,
        keypoint_names=tuple(metainfo['keypoint_id2name'].values()),
        skeleton_links=tuple(map(tuple, metainfo['skeleton_links'])),
        image_size=(round(width * scale), round(height * scale)),
        source=info['img_path'])


def _draw(result: Result) -> np.ndarray:
    """Draw an image into a cell (CELL, CELL, 3) with a white margin."""
    image = cv2.resize(
        mmcv.imread(result.source),
        result.image_size,
        interpolation=cv2.INTER_AREA)
    drawn = result.plot(image)
    height, width = drawn.shape[:2]
    return np.pad(
        drawn, ((0, CELL - height), (0, CELL - width), (0, 0)),
        constant_values=255)


def _title(name: str) -> np.ndarray:
    title = np.full((TITLE, CELL, 3), 255, np.uint8)
    cv2.putText(title, name, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0),
                1, cv2.LINE_AA)
    return title
