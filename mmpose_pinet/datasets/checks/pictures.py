"""Pictures as files: can they be read, and how large are they."""
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import Callable, Iterable, Iterator, NamedTuple, Tuple, Union

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

# EXIF's tag of how a picture is to be turned, and its values that swap width
# and height
_ORIENTATION = 0x0112
_ON_ITS_SIDE = (5, 6, 7, 8)


class PictureFile(NamedTuple):
    """What a picture's file says.

    Attributes:
        size (tuple[int, int]): (w, h) in px as stored, before EXIF turns it.
        on_its_side (bool): Whether EXIF turns it by a quarter.
    """
    size: Tuple[int, int]
    on_its_side: bool


class PictureError(Exception):
    """A picture's file that is not there or cannot be read.

    Attributes:
        is_missing (bool): Whether there is no such file.
    """

    def __init__(self, message: str, is_missing: bool = False) -> None:
        super().__init__(message)
        self.is_missing = is_missing


def read_header(path: str) -> PictureFile:
    """Read a picture's size without its pixels.

    Args:
        path (str): Its file.

    Raises:
        PictureError: If there is no such file, or it is no picture.
    """
    return _read(path, pixels=False)


def read_picture(path: str) -> PictureFile:
    """Read a picture to its end, to see that nothing is missing.

    By Pillow, because OpenCV, with which MMCV loads pictures, may fill a JPEG
    that is cut off with grey and say nothing; other formats by both, because
    OpenCV has fewer and is stricter.

    Args:
        path (str): Its file.

    Raises:
        PictureError: If there is no such file, or it cannot be read.
    """
    return _read(path, pixels=True)


def _read(path: str, pixels: bool) -> PictureFile:
    try:
        with Image.open(path) as image:
            size = image.size
            turned = image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
            if pixels:
                # JPEGs at an eighth of the size: all bytes are read, in a
                # third less of the time
                image.draft(None, (1, 1))
                image.load()
                if image.format != 'JPEG':
                    _read_by_opencv(path)
    except FileNotFoundError as error:
        raise PictureError('there is no such file', is_missing=True) from error
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError('is no picture that Pillow knows') from error
    # what Pillow's decoders raise on a broken file is anybody's guess
    except Exception as error:
        raise PictureError(str(error)) from error
    return PictureFile(size, turned)


def _read_by_opencv(path: str) -> None:
    if cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) is None:
        raise PictureError('OpenCV, which loads it in a training, cannot '
                           'read it')


def read_pictures(
    paths: Iterable[str],
    read: Callable[[str], PictureFile] = read_picture
) -> Iterator[Tuple[str, Union[PictureFile, PictureError]]]:
    """Read many pictures, as many at a time as there are cores.

    Args:
        paths (Iterable[str]): Their files.
        read (Callable): :func:`read_picture` or :func:`read_header`.

    Yields:
        tuple[str, PictureFile | PictureError]: A path and what was there,
        in the order of the paths.
    """

    def look(path):
        try:
            return path, read(path)
        except PictureError as error:
            return path, error

    # threads will do: Pillow lets go of Python's lock while it decodes
    with ThreadPoolExecutor(cpu_count()) as pool:
        yield from pool.map(look, paths)
