"""An exported file finds the persons of pictures, without PyTorch."""
import logging
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple, Union

import numpy as np

from mmpose_pinet.arguments import check_number
from mmpose_pinet.fusion import check_finite, find_persons
from mmpose_pinet.pictures import Finder, Picture
from mmpose_pinet.pictures.inputs import read_image
from mmpose_pinet.results import Result

from .engines import open_engine
from .metadata import FileMetadata
from .resize import InputFrame, resize

logger = logging.getLogger(__name__)


class Input(NamedTuple):
    """A picture as the network takes it."""

    pixels: np.ndarray  # (H, W, 3) BGR
    frame: InputFrame
    picture: Picture  # without its pixels
    image_size: Tuple[int, int]  # its width and height in px


class PINetRuntime(Finder):
    """A file of ``pinet export``, run by NumPy, OpenCV and an engine alone.

    It is called as :class:`mmpose_pinet.apis.PINet` is, and finds the same.
    What runs it is said in the log. It is thread-safe; a forked
    process must make one of its own.

    Args:
        file (str | Path): The file.
        engine (str): ``'onnxruntime'``, ``'openvino'`` or ``'auto'``:
            OpenVINO if it is installed, else ONNX Runtime.
        precision (str): ``'fp32'``, or ``'bf16'`` with OpenVINO on a
            processor that has it. A quantised file computes in int8 by
            itself, and in this precision where it is not quantised.
        threads (int, optional): By default what the engine takes.
        score_thr (float, optional): The least score of a person; 0 returns
            every candidate. By default what the file tells.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If no engine is installed.
        ValueError: If the file is none of ``pinet export``, engine and
            processor have not this precision, or a number cannot be.

    Examples:
        >>> model = PINetRuntime('crowd.onnx')
        >>> model('crowd.jpg')
        3 persons in crowd.jpg, best score 0.52
    """

    def __init__(self,
                 file: Union[str, Path],
                 engine: str = 'auto',
                 precision: str = 'fp32',
                 threads: Optional[int] = None,
                 score_thr: Optional[float] = None) -> None:
        if score_thr is not None:
            check_number('score_thr', score_thr, least=0)
        super().__init__()
        self._engine = open_engine(file, engine, precision, threads)
        self.metadata = FileMetadata.from_props(self._engine.props, str(file))
        of_threads = '' if threads is None else f', threads: {threads}'
        logger.info('%s runs on %s, %s%s', file, self._engine.name, precision,
                    of_threads)
        self._post_processor = self.metadata.post_processor()
        self._score_thr = (
            self.metadata.score_thr if score_thr is None else score_thr)

    @property
    def sigmas(self) -> Tuple[float, ...]:
        """K falloff constants of OKS."""
        return self.metadata.sigmas

    def read(self, picture: Picture) -> Input:
        """Read a picture, turned as its EXIF says, and resize it."""
        image = read_image(picture)
        pixels, frame = resize(image, self.metadata)
        return Input(pixels, frame, picture._replace(image=None),
                     image.shape[1::-1])

    def shape_of(self, data: Input) -> Tuple[int, ...]:
        """The shape of a picture as the network sees it."""
        return data.pixels.shape

    def run(self, batch: List[Input]) -> List[Result]:
        """Find the persons of pictures of one shape."""
        found = self._engine(np.stack([data.pixels for data in batch]))
        return [
            self._result(data, *candidates)
            for data, *candidates in zip(batch, *found)
        ]

    def _result(self, data: Input, keypoints: np.ndarray, scores: np.ndarray,
                valid: np.ndarray) -> Result:
        """Fuse candidates (T, K, 2) in input px, and go back to image px."""
        # those that do not count too: none does of maps that are NaN
        check_finite(keypoints, scores, data.picture.source
                     or 'an image without a file')
        persons = find_persons(keypoints[valid], scores[valid],
                               self._post_processor, self._score_thr)
        corners = data.frame.to_image(persons.bboxes.reshape(-1, 2, 2))
        return Result(
            keypoints=data.frame.to_image(persons.keypoints).astype(
                np.float32),
            keypoint_scores=persons.keypoint_scores,
            bboxes=corners.reshape(-1, 4).astype(np.float32),
            bbox_scores=persons.scores,
            keypoint_names=self.metadata.keypoint_names,
            skeleton_links=self.metadata.skeleton_links,
            image_size=data.image_size,
            source=data.picture.source,
            frame=data.picture.frame)
