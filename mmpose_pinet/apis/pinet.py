"""Poses of pictures in one call."""
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Hashable, Iterator, List, Optional, Union

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.device import get_device
from mmpose.apis import init_model
from mmpose.structures import PoseDataSample

from mmpose_pinet.results import Result

from .batching import read_ahead, run_in_batches
from .inputs import Picture, as_picture, is_single, open_inputs
from .progress import show_progress
from .weights import load_weights
from .zoo import find_config

PRECISIONS = dict(fp32=None, bf16=torch.bfloat16, fp16=torch.float16)


class PINet:
    """A trained model that finds the persons of pictures.

    It runs a config's own test: what it finds is what ``tools/test.py`` and
    MMPose's inferencer find, number for number.

    Args:
        model (str | Path): A config's path, or the name of one of this
            package's without ``.py``.
        weights (str | Path, optional): The file of its weights. By default
            the config's ``load_from``.
        device (str, optional): Such as ``'cpu'`` or ``'cuda:0'``. By default
            a GPU if there is one.
        score_thr (float): The least score of a person. 0 returns every
            candidate, as average precision wants them. Defaults to 0.1.
        precision (str): ``'fp32'``, ``'bf16'`` or ``'fp16'`` (on GPUs alone):
            what the network computes in where that is safe.

    Raises:
        ValueError: If there are no weights, they do not fit the model, or
            ``precision`` is none of these.
        FileNotFoundError: If the file of the weights is not there.

    Examples:
        >>> model = PINet('pinet_hrnet-w32_ochuman', 'ochuman.pth')
        >>> model('crowd.jpg')
        3 persons in crowd.jpg, best score 0.52
        >>> for result in model('photographs/', batch_size=8):
        ...     result.save_json(f'{result.source}.json')
    """

    def __init__(self,
                 model: Union[str, Path],
                 weights: Union[str, Path, None] = None,
                 device: Optional[str] = None,
                 score_thr: float = 0.1,
                 precision: str = 'fp32') -> None:
        config = Config.fromfile(find_config(str(model)))
        weights = weights or config.get('load_from')
        if weights is None:
            raise ValueError(
                f'{model} has no weights: pass the file of a trained model '
                "(PINet(model, weights='FILE')), or name one as `load_from` "
                'in the config')
        device = torch.device(device or get_device())
        if precision not in PRECISIONS:
            raise ValueError(
                f'precision is one of {list(PRECISIONS)}, not {precision!r}')
        if precision == 'fp16' and device.type == 'cpu':
            raise ValueError("precision 'fp16' needs a GPU; on a CPU, 'bf16' "
                             'works')
        config.model.setdefault('test_cfg', {})['score_thr'] = score_thr
        # without weights it loads none, those of the backbone neither
        self.model = init_model(config, device=device)
        self.model.dataset_meta = load_weights(
            self.model, weights) or self.model.dataset_meta
        self._pipeline = Compose(config.test_dataloader.dataset.pipeline)
        self._device = device.type
        self._dtype = PRECISIONS[precision]

    def __call__(
            self,
            inputs: Any,
            batch_size: int = 1
    ) -> Union[Result, List[Result], Iterator[Result]]:
        """Find the persons of one picture or of many.

        Args:
            inputs: A picture (a file, which is turned as its EXIF says, or an
                image (h, w, 3) of uint8 in BGR order); a list of pictures; a
                folder, a pattern such as ``'photographs/**/*.jpg'``, a video
                file, or an iterator of pictures.
            batch_size (int): How many pictures run together. Those that have
                one shape after resizing do: up to ``8 * batch_size`` pictures
                are read ahead to find them.

        Returns:
            Result | list[Result] | Iterator[Result]: One for a picture, a
            list for a list; for all others an iterator that works while it is
            asked, in the order of the pictures. Folders, patterns and videos
            show how far they are if stderr is a terminal.

        Raises:
            FileNotFoundError: If a file is not there, or no picture is found.
            TypeError, ValueError: If a picture cannot be read, or
                ``batch_size`` is less than 1.
        """
        if batch_size < 1:
            raise ValueError(f'batch_size is at least 1, not {batch_size}')
        if is_single(inputs):
            return self._run([self._read(as_picture(inputs))])[0]
        pictures, total = open_inputs(inputs)
        # an iterator may give a picture only after the last one's result
        finite = isinstance(inputs, (str, Path, list, tuple))
        read = read_ahead if finite else map
        results = run_in_batches(
            read(self._read, pictures), _shape, self._run, batch_size)
        if isinstance(inputs, (list, tuple)):
            return list(results)
        if finite:
            return show_progress(results, Path(inputs).name, total)
        return results

    def _read(self, picture: Picture) -> dict:
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

    def _run(self, batch: List[dict]) -> List[Result]:
        pictures = [data.pop('picture') for data in batch]
        precision = nullcontext() if self._dtype is None else torch.autocast(
            self._device, self._dtype)
        with torch.no_grad(), precision:
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


def _shape(data: dict) -> Hashable:
    """The shape of a picture as the network sees it, at each scale."""
    inputs = data['inputs']
    levels = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    return tuple(tuple(level.shape) for level in levels)
