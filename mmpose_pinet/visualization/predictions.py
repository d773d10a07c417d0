"""Draws what a model finds, beside the truth."""
from pathlib import Path

import cv2
import mmcv
import numpy as np
from mmengine.config import Config
from mmengine.structures import InstanceData
from mmpose.apis import inference_bottomup, init_model
from mmpose.registry import DATASETS, VISUALIZERS
from mmpose.structures import PoseDataSample

ZOOM = 2
GAP = 16  # px of the picture


def draw_predictions(cfg: Config,
                     checkpoint: str,
                     out_file: Path,
                     num_images: int = 6,
                     score_thr: float = 0.1) -> None:
    """Draw truth and prediction of test images into one picture.

    The images are taken at even steps through the test set.

    Args:
        cfg (Config): With a model and a test dataset of images of one size.
        checkpoint (str): The model's weights.
        out_file (Path): The picture to write.
        num_images (int): How many images. Defaults to 6.
        score_thr (float): The least score of a person. Defaults to 0.1.
    """
    model = init_model(cfg.copy(), checkpoint, device='cpu')
    dataset = DATASETS.build({**cfg.test_dataloader.dataset, 'pipeline': []})
    visualizer = VISUALIZERS.build(
        dict(
            type='PersonVisualizer',
            name='predictions',
            radius=3,
            line_width=2))
    visualizer.set_dataset_meta(model.dataset_meta)

    pairs = []
    steps = np.linspace(0, len(dataset) - 1, num_images).astype(int)
    for index in dict.fromkeys(steps.tolist()):
        info = dataset.get_data_info(index)
        found = inference_bottomup(model, info['img_path'])[0].pred_instances
        found = found[found.bbox_scores > score_thr]
        image = mmcv.imread(info['img_path'], channel_order='rgb')
        sample = PoseDataSample(
            gt_instances=InstanceData(
                keypoints=info['keypoints'] * ZOOM,
                keypoints_visible=info['keypoints_visible']),
            pred_instances=InstanceData(
                keypoints=found.keypoints * ZOOM,
                keypoint_scores=found.keypoint_scores))
        visualizer.add_datasample(
            'pair',
            cv2.resize(image, None, fx=ZOOM, fy=ZOOM),
            sample,
            draw_bbox=False,
            kpt_thr=0.03)
        pairs.append(_label(visualizer.get_image()))

    if len(pairs) % 2:
        pairs.append(np.full_like(pairs[0], 255))
    rows = [np.hstack(pairs[i:i + 2]) for i in range(0, len(pairs), 2)]
    mmcv.imwrite(np.vstack(rows)[..., ::-1], str(out_file))


def _label(pair: np.ndarray) -> np.ndarray:
    """Write what the halves of a picture (H, 2W, 3) are, and add a margin."""
    width = pair.shape[1] // 2
    pair = np.ascontiguousarray(pair)
    for left, text in ((0, 'truth'), (width, 'PINet')):
        for colour, line_width in ((0, 0, 0), 4), ((255, 255, 255), 1):
            cv2.putText(pair, text, (left + 8, 24), cv2.FONT_HERSHEY_SIMPLEX,
                        0.7, colour, line_width, cv2.LINE_AA)
    return np.pad(pair, ((0, GAP), (0, GAP), (0, 0)), constant_values=255)
