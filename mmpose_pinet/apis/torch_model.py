"""A trained model of a config, as PyTorch and MMPose run it."""
import warnings
from pathlib import Path
from threading import Lock
from typing import Hashable, List, Optional, Union

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmpose.apis import init_model
from mmpose.structures import PoseDataSample

from mmpose_pinet.models.persons import shown_from
from mmpose_pinet.pictures import Finder, Picture
from mmpose_pinet.results import Result

from .configs import load_config
from .devices import find_device
from .weights import load_weights

# MMEngine reads configs, and looks for packages, for one thread at a time
_BUILDING = Lock()


class TorchModel(Finder):
    """A config's own test: what it finds is what ``tools/test.py`` and
    MMPose's inferencer find, number for number.

    Args:
        config (str | Path): A config's path, or the name of one of this
            package's without ``.py``.
        weights (str | Path, optional): As of :class:`PINet`.
        device (str, optional): As of :class:`PINet`.
        score_thr (float, optional): As of :class:`PINet`.
        precision (str, optional): As of :class:`PINet`.

    Raises:
        ValueError: If there is no such config or device, there are no
            weights, they do not fit the model, or ``precision`` is unknown or
            not native to the device.
        FileNotFoundError: If the file of the weights is not there.
    """

    def __init__(self, config: Union[str, Path],
                 weights: Union[str, Path, None], device: Optional[str],
                 score_thr: Optional[float], precision: Optional[str]) -> None:
        super().__init__()
        with _BUILDING:
            self._build(config, weights, device, score_thr, precision)

    def _build(self, config: Union[str, Path], weights: Union[str, Path, None],
               device: Optional[str], score_thr: Optional[float],
               precision: Optional[str]) -> None:
        cfg = load_config(config)
        weights = weights or cfg.get('load_from')
        if weights is None:
            raise ValueError(
                f'{config} has no weights: pass the file of a trained model '
                "(PINet(model, weights='FILE')), or name one as `load_from` "
                'in the config')
        device = find_device(device)
        test_cfg = cfg.model.setdefault('test_cfg', {})
        if score_thr is not None:
            test_cfg['score_thr'] = score_thr
        # off elsewhere: trainings that test have other uses for the memory
        test_cfg.setdefault('cuda_graphs', device.type == 'cuda')
        if precision is not None:
            test_cfg['precision'] = precision
        with warnings.catch_warnings():
            # MMPose tells that it found a file of its own where it looks
            warnings.filterwarnings(
                'ignore', 'The metainfo config file "configs/_base_/')
            # without weights it loads none, those of the backbone neither
            self.model = init_model(cfg, device=device)
        if precision not in (None, getattr(self.model, 'precision', 'fp32')):
            raise ValueError(f'precision={precision!r} is not for a '
                             f'{type(self.model).__name__}: set model.type='
                             "'BatchedBottomupPoseEstimator' in the config")
        self.model.dataset_meta = load_weights(
            self.model, weights) or self.model.dataset_meta
        if score_thr is None:
            self.model.test_cfg['score_thr'] = shown_from(self.model)
        self._pipeline = Compose(cfg.test_dataloader.dataset.pipeline)

    @property
    def sigmas(self) -> np.ndarray:
        """K falloff constants of OKS."""
        return self.model.dataset_meta['sigmas']

    def read(self, picture: Picture) -> dict:
        """Read and resize a picture as the config's test does."""
        data = dict(self.model.dataset_meta)
        if picture.image is None:
            data['img_path'] = picture.source
        else:
            data['img'] = picture.image
        load, *transforms = self._pipeline.transforms
        try:
            data = load(data)
        except Exception as error:  # each decoder raises its own
            raise ValueError(f'{picture.source} cannot be read as a picture: '
                             f'{error}') from error
        for transform in transforms:
            data = transform(data)
        return dict(data, picture=picture._replace(image=None))

    def shape_of(self, data: dict) -> Hashable:
        """The shape of a picture as the network sees it, at each scale."""
        inputs = data['inputs']
        levels = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        return tuple(tuple(level.shape) for level in levels)

    def run(self, batch: List[dict]) -> List[Result]:
        """Find the persons of pictures of one shape."""
        pictures = [data.pop('picture') for data in batch]
        with torch.no_grad():
            samples = self.model.test_step(pseudo_collate(batch))
        return [*map(self._result, samples, pictures)]

    def _result(self, sample: PoseDataSample, picture: Picture) -> Result:
        found = sample.pred_instances
        names = self.model.dataset_meta['keypoint_id2name']
        links = self.model.dataset_meta['skeleton_links']
        return Result(
            keypoints=found.keypoints.astype(np.float32),
            keypoint_scores=found.keypoint_scores.astype(np.float32),
            bboxes=found.bboxes.astype(np.float32),
            bbox_scores=found.bbox_scores.astype(np.float32),
            keypoint_names=tuple(names[i] for i in range(len(names))),
            skeleton_links=tuple(map(tuple, links)),
            image_size=tuple(sample.metainfo['ori_shape'][::-1]),
            source=picture.source,
            frame=picture.frame)
