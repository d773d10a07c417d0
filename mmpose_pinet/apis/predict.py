"""Poses of pictures and videos, written to a folder."""
from pathlib import Path
from typing import Iterator, Union

from mmpose_pinet.pictures.inputs import VIDEOS
from mmpose_pinet.results import Result

from .pinet import PINet


def predict(model: PINet,
            source: Union[str, int],
            out: Union[str, Path],
            batch_size: int = 1,
            smooth: bool = False,
            max_missed: int = 25) -> Iterator[Result]:
    """Find the persons of all pictures, draw them and write them down.

    Of a picture ``a.jpg`` the drawing becomes ``OUT/a.jpg`` and the persons
    ``OUT/a.jpg.json``, see :meth:`Result.save_json`; folders that a pattern's
    wildcards stand for are made in ``OUT`` as well. Of a video ``b.avi`` they
    become ``OUT/b.mp4`` and ``OUT/b.json``, with identities, see
    :meth:`PINet.predict_video`; of webcam 0, ``OUT/webcam-0.mp4`` and so on,
    until it is stopped.

    Args:
        model (PINet): Finds the persons.
        source (str | int): A picture, a folder, a pattern, a video, or a
            webcam's number.
        out (str | Path): The folder to write to, which is made.
        batch_size (int): How many pictures run together.
        smooth (bool): Of a video, as of :meth:`PINet.predict_video`.
        max_missed (int): Likewise.

    Yields:
        Result: Of each picture or frame, after it is written.

    Raises:
        FileNotFoundError, ValueError: As of :class:`PINet`, or if a picture
            would be overwritten by its drawing, or a pattern has ``..`` after
            a wildcard, by which drawings would leave ``out``.
    """
    webcam = isinstance(source, int)
    if webcam or Path(source).suffix.lower() in VIDEOS:
        name = f'webcam-{source}' if webcam else Path(source).stem
        yield from model.predict_video(
            source,
            Path(out, f'{name}.mp4'),
            Path(out, f'{name}.json'),
            smooth,
            max_missed,
            batch_size=batch_size)
        return
    root = _fixed_part(Path(source))
    if '..' in Path(source).relative_to(root).parts:
        raise ValueError(f'{source} has .. after a wildcard: name the folder '
                         'that it leads to')
    results = model(source, batch_size)
    for result in [results] if isinstance(results, Result) else results:
        place = Path(out) / Path(result.source).relative_to(root)
        _must_differ(place, result.source)
        place.parent.mkdir(parents=True, exist_ok=True)
        result.plot(path=place)
        result.save_json(f'{place}.json')
        yield result


def _fixed_part(source: Path) -> Path:
    """The folder that all pictures of a source lie in, above wildcards."""
    if source.is_dir():
        return source
    root = source.parent
    while any(c in str(root) for c in '*?[') and not root.exists():
        root = root.parent
    return root


def _must_differ(place: Path, source: str) -> None:
    if place.exists() and place.samefile(source):
        raise ValueError(f'the drawing would overwrite {source}: write to '
                         'another folder')
