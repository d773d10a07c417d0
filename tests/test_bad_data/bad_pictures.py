"""Pictures as they come: of every kind, broken and extreme.

All that can be read show the same: dark on the left, bright on the right.
"""
import io
import struct
import zlib
from pathlib import Path
from typing import Callable, NamedTuple, Optional, Tuple

import numpy as np
from PIL import Image
from small_set import HEIGHT, WIDTH

DARK, BRIGHT = 40, 200
ORIENTATION, QUARTER_TURN = 0x0112, 6


class BadPicture(NamedTuple):
    """A file of a picture.

    Attributes:
        content (Callable): Its bytes, None where there is no file.
        size (tuple, optional): (w, h) as stored; None if it cannot be read.
        turned (bool): Whether EXIF turns it clockwise.
        slow (bool): Whether it takes seconds.
    """
    content: Callable[[], Optional[bytes]]
    size: Optional[Tuple[int, int]] = None
    turned: bool = False
    slow: bool = False

    def write(self, file: Path) -> None:
        """Put it in the place of a file."""
        content = self.content()
        file.unlink(missing_ok=True)
        if content == b'folder':
            file.mkdir()
        elif content is not None:
            file.write_bytes(content)


def pixels(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """(h, w, 3) uint8, two halves and some noise."""
    image = np.full((height, width, 3), DARK, np.uint8)
    image[:, width // 2:] = BRIGHT
    return image + np.random.default_rng(0).integers(0, 5, (height, width, 1),
                                                     np.uint8)


def saved(mode: str = 'RGB',
          kind: str = 'JPEG',
          size: Tuple[int, int] = (WIDTH, HEIGHT),
          **kwargs) -> bytes:
    """A file of the halves, as Pillow writes it."""
    if mode == 'I;16':
        image = Image.fromarray(pixels(*size)[..., 0].astype(np.uint16) * 257)
    elif mode == 'F':
        image = Image.fromarray(pixels(*size)[..., 0].astype(np.float32))
    else:
        image = Image.fromarray(pixels(*size)).convert(mode)
    file = io.BytesIO()
    image.save(file, kind, **kwargs)
    return file.getvalue()


def png(size: Tuple[int, int], depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG of raw rows, which Pillow would not write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack('>I', len(data)) + name + data + struct.pack(
            '>I', zlib.crc32(name + data))

    header = struct.pack('>2I5B', *size, depth, colour, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(
        b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')


def deep_colour() -> bytes:
    """16 bits a channel."""
    values = pixels().astype('>u2') * 257
    return png((WIDTH, HEIGHT), 16, 2,
               b''.join(b'\0' + row.tobytes() for row in values))


def turned() -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = QUARTER_TURN
    return saved(exif=exif)


def with_thumbnail() -> bytes:
    """Cut off after a small picture within, which is whole."""
    whole = saved(quality=95)
    small = saved(size=(16, 12))
    segment = b'\xff\xe1' + struct.pack('>H', len(small) + 2) + small
    return (whole[:2] + segment + whole[2:])[:-400]


def blank_end() -> bytes:
    """A download whose end was never written."""
    whole = saved(quality=95)
    return whole[:-400] + bytes(400)


SOUND = (WIDTH, HEIGHT)
BAD_PICTURES = {
    'missing':
    BadPicture(lambda: None),
    'a folder':
    BadPicture(lambda: b'folder'),
    'zero bytes':
    BadPicture(lambda: b''),
    'text':
    BadPicture(lambda: b'no picture'),
    'a web page':
    BadPicture(lambda: b'<!DOCTYPE html><html></html>' * 50),
    'noise':
    BadPicture(lambda: np.random.default_rng(0).bytes(2000)),
    'JPEG header alone':
    BadPicture(lambda: saved()[:100]),
    'JPEG cut off':
    BadPicture(lambda: saved(quality=95)[:-400]),
    'JPEG cut off by its last bytes':
    BadPicture(lambda: saved()[:-20]),
    'JPEG cut off after a thumbnail':
    BadPicture(with_thumbnail),
    'JPEG with a blank end':
    BadPicture(blank_end),
    'progressive JPEG cut off':
    BadPicture(lambda: saved(quality=95, progressive=True)[:-400]),
    'PNG cut off':
    BadPicture(lambda: saved(kind='PNG')[:-400]),
    'PNG cut off in its last chunk':
    BadPicture(lambda: saved(kind='PNG')[:-8]),
    'WebP cut off':
    BadPicture(lambda: saved(kind='WEBP')[:-30]),
    'BMP cut off':
    BadPicture(lambda: saved(kind='BMP')[:-400]),
    'TIFF cut off':
    BadPicture(lambda: saved(kind='TIFF')[:-4000]),
    'a bomb of 1.6 Gpx':
    BadPicture(lambda: png((40000, 40000), 8, 0, bytes(1000))),
    'grey JPEG':
    BadPicture(lambda: saved('L'), SOUND),
    'grey PNG':
    BadPicture(lambda: saved('L', 'PNG'), SOUND),
    '16-bit grey PNG':
    BadPicture(lambda: saved('I;16', 'PNG'), SOUND),
    '16-bit colour PNG':
    BadPicture(deep_colour, SOUND),
    '16-bit TIFF':
    BadPicture(lambda: saved('I;16', 'TIFF'), SOUND),
    'CMYK JPEG':
    BadPicture(lambda: saved('CMYK'), SOUND),
    'RGBA PNG':
    BadPicture(lambda: saved('RGBA', 'PNG'), SOUND),
    'grey PNG with alpha':
    BadPicture(lambda: saved('LA', 'PNG'), SOUND),
    'palette PNG':
    BadPicture(lambda: saved('P', 'PNG'), SOUND),
    'progressive JPEG':
    BadPicture(lambda: saved(progressive=True), SOUND),
    'PNG named jpg':
    BadPicture(lambda: saved(kind='PNG'), SOUND),
    'WebP':
    BadPicture(lambda: saved(kind='WEBP'), SOUND),
    'JPEG and what a camera adds':
    BadPicture(lambda: saved() + b'\0' * 3000, SOUND),
    'EXIF-rotated':
    BadPicture(turned, SOUND, turned=True),
    'one pixel':
    BadPicture(lambda: saved(size=(1, 1)), (1, 1)),
    'one row, 300:1':
    BadPicture(lambda: saved(size=(300, 1)), (300, 1)),
    '300:1':
    BadPicture(lambda: saved(size=(3000, 10)), (3000, 10), slow=True),
    '1:300':
    BadPicture(lambda: saved(size=(10, 3000)), (10, 3000), slow=True),
    '8,000 px':
    BadPicture(lambda: saved(size=(8000, 8000)), (8000, 8000), slow=True),
}
