"""Pictures of what a model finds, beside the truth."""
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


def draw_predictions(cfg: Config,
                     checkpoint: str,
                     out_file: Path,
                     num_images: int = 6) -> None:
    """Draw truth and prediction of test images into one picture.

    The images are taken at even steps through the test set. Each pair shows
    the truth on the left and what the model finds on the right.

    Args:
        cfg (Config): With a model and a test dataset of images of one size.
        checkpoint (str): The model's weights.
        out_file (Path): The picture to write.
        num_images (int): How many images. Defaults to 6.
    """
    cfg = cfg.copy()
    model = init_model(cfg, checkpoint, device='cpu')
    dataset = DATASETS.build({**cfg.test_dataloader.dataset, 'pipeline': []})
    visualizer = VISUALIZERS.build(
        dict(
            type='PoseLocalVisualizer',
            name='predictions',
            radius=3,
            line_width=2))
    visualizer.set_dataset_meta(model.dataset_meta)

    pairs = []
    steps = np.linspace(0, len(dataset) - 1, num_images).astype(int)
    for index in dict.fromkeys(steps.tolist()):
        info = dataset.get_data_info(index)
        found = inference_bottomup(model, info['img_path'])[0].pred_instances
        image = mmcv.imread(info['img_path'], channel_order='rgb')
        image = cv2.resize(image, None, fx=ZOOM, fy=ZOOM)
        sample = PoseDataSample(
            gt_instances=InstanceData(
                keypoints=info['keypoints'] * ZOOM,
                keypoints_visible=info['keypoints_visible']),
            pred_instances=InstanceData(
                keypoints=found.keypoints * ZOOM,
                keypoints_visible=found.keypoint_scores,
                keypoint_scores=found.keypoint_scores))
        visualizer.add_datasample(
            'pair', image, sample, draw_bbox=False, kpt_thr=0.1)
        pairs.append(visualizer.get_image())

    rows = [np.hstack(pairs[i:i + 2]) for i in range(0, len(pairs) - 1, 2)]
    mmcv.imwrite(np.vstack(rows)[..., ::-1], str(out_file))
