"""Where pictures come from: files, arrays, folders, patterns, videos."""
import logging
import math
from glob import glob
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple, Optional, Union

import cv2
import numpy as np

from mmpose_pinet.results import printable

logger = logging.getLogger(__name__)

PICTURES = {'.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp'}
VIDEOS = {'.avi', '.m4v', '.mkv', '.mov', '.mp4', '.mpeg', '.mpg', '.webm'}


class Picture(NamedTuple):
    """A picture that is yet to be read, or its pixels."""

    image: Optional[np.ndarray] = None  # (h, w, 3) BGR
    source: Optional[str] = None
    frame: Optional[int] = None


class Pictures(NamedTuple):
    """Pictures one after the other, read no earlier than asked for."""

    pictures: Iterable[Picture]
    total: Optional[int] = None  # None where nobody can know


def as_picture(item: Any) -> Picture:
    """Take a file's path or an image.

    Raises:
        FileNotFoundError: If there is no such file.
        TypeError, ValueError: If it is neither, or no image of (h, w, 3)
            bytes.
    """
    if isinstance(item, np.ndarray):
        if item.ndim != 3 or item.shape[2] != 3 or item.dtype != np.uint8:
            raise ValueError(
                'an image is an array (h, w, 3) of uint8 in BGR order, this '
                f'one is {item.shape} of {item.dtype}')
        return Picture(image=item)
    if not isinstance(item, (str, Path)):
        raise TypeError("a picture is a file's path or an array, not a "
                        f'{type(item).__name__}')
    if not Path(item).is_file():
        raise FileNotFoundError(f'{item} is no file')
    return Picture(source=str(item))


def read_image(picture: Picture) -> np.ndarray:
    """Read the pixels of a picture: a file is turned as its EXIF says.

    Returns:
        np.ndarray: (h, w, 3) BGR of uint8.

    Raises:
        ValueError: If the file cannot be read as a picture.
    """
    if picture.image is not None:
        return picture.image
    content = np.fromfile(picture.source, np.uint8)
    reason = 'it is cut off'
    image = None
    if not is_cut_off(content.tobytes()):
        try:
            image = cv2.imdecode(content, cv2.IMREAD_COLOR)
            reason = 'it is damaged, or of a format that OpenCV has not'
        except cv2.error as error:  # an empty file, or one too large
            reason = str(error)
    if image is None:
        raise ValueError(
            f'{picture.source} cannot be read as a picture: {reason}')
    return image


def is_cut_off(content: bytes) -> bool:
    """Tell whether a JPEG lacks its end.

    OpenCV before 4.11 fills what is missing with grey and says nothing; of
    other formats it reads none that is cut off.

    Args:
        content (bytes): Of a file of any kind.
    """
    if not content.startswith(b'\xff\xd8'):
        return False
    # Neither marker occurs in compressed data. One in a thumbnail stands
    # before the start of the picture's own data.
    return content.rfind(b'\xff\xd9') < content.rfind(b'\xff\xda')


def is_single(inputs: Any) -> bool:
    """Tell whether inputs are one picture: an array, or a path that is
    neither a folder, nor a video, nor a pattern."""
    if isinstance(inputs, np.ndarray):
        return True
    if not isinstance(inputs, (str, Path)):
        return False
    path = Path(inputs)
    return not (path.is_dir() or path.suffix.lower() in VIDEOS
                or _is_pattern(path))


def open_inputs(inputs: Any) -> Pictures:
    """Find the pictures of a folder, pattern, video, list or iterator.

    Args:
        inputs (str | Path | Iterable): A folder, whose pictures are taken in
            the order of their names; a pattern as of :func:`glob.glob`, in
            which ``**`` stands for any folders; a video file; or anything
            that gives paths and images one after the other.

    Raises:
        FileNotFoundError: If nothing is there, or no picture in it.
        ValueError: If a video cannot be read.
    """
    if not isinstance(inputs, (str, Path)):
        total = len(inputs) if hasattr(inputs, '__len__') else None
        return Pictures(map(as_picture, inputs), total)
    path = Path(inputs)
    if path.is_dir():
        files = sorted(file for file in path.iterdir()
                       if file.suffix.lower() in PICTURES and file.is_file())
        if not files:
            raise FileNotFoundError(
                f'{path} holds no picture ({", ".join(sorted(PICTURES))})')
        return Pictures(map(as_picture, files), len(files))
    if _is_pattern(path):
        files = sorted(
            file for file in glob(str(path), recursive=True)
            if Path(file).is_file())
        if not files:
            raise FileNotFoundError(f'no file matches {path}')
        return Pictures(map(as_picture, files), len(files))
    video = Video(path)
    frames = (Picture(image, str(path), number)
              for number, image in enumerate(video))
    return Pictures(frames, video.total)


class Video:
    """The frames (h, w, 3) BGR of a video file or a webcam, as they come.

    A file that ends before the last of the frames that it promises says so
    in the log.

    Args:
        source (str | Path | int): A file, or a webcam's number.

    Attributes:
        name (str): The file, or ``'webcam-0'``.
        is_webcam (bool): It goes on until it is stopped.
        rate (float): Frames a second, 25 where the source does not say.
        total (int, optional): About how many frames; of a webcam, ``None``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read.
    """

    def __init__(self, source: Union[str, Path, int]) -> None:
        self.is_webcam = isinstance(source, int)
        self.name = f'webcam-{source}' if self.is_webcam else str(source)
        if not self.is_webcam and not Path(source).is_file():
            raise FileNotFoundError(f'{source} is no file')
        try:
            self.name.encode()
        except UnicodeError as error:  # over which OpenCV ends the process
            raise ValueError(f'{printable(self.name)}: its name is no '
                             'UTF-8, rename the video') from error
        self._capture = cv2.VideoCapture(
            source if self.is_webcam else self.name)
        if not self._capture.isOpened():
            raise ValueError(
                f'webcam {source} cannot be read: is it there, and does no '
                'other program use it?' if self.is_webcam else
                f'{source} cannot be read as a video: it is cut off, damaged, '
                'or of a format that OpenCV has not')
        self.rate = self._capture.get(cv2.CAP_PROP_FPS)
        if not 0 < self.rate < math.inf:
            logger.warning(
                '%s does not tell its frames a second: 25 are '
                'taken', printable(self.name))
            self.rate = 25.
        total = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.total = total if total > 0 and not self.is_webcam else None

    def __iter__(self) -> Iterator[np.ndarray]:
        number = 0
        try:
            while True:
                there, frame = self._capture.read()
                if not there:
                    break
                yield frame
                number += 1
        finally:
            self._capture.release()
        # containers without an index tell their number from their duration
        if self.total and number + 1 < .99 * self.total:
            logger.warning(
                '%s breaks off: it promises %d frames, %d could be read',
                printable(self.name), self.total, number)


def _is_pattern(path: Path) -> bool:
    return any(c in str(path) for c in '*?[') and not path.exists()
