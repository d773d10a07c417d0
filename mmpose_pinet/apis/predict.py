"""Poses of pictures and videos, written to a folder."""
import json
from dataclasses import replace
from itertools import tee
from pathlib import Path
from typing import Iterator, Union

import cv2

from mmpose_pinet.pictures.inputs import VIDEOS, Video
from mmpose_pinet.pictures.progress import show_progress
from mmpose_pinet.results import Result

from .pinet import PINet


def predict(model: PINet,
            source: Union[str, int],
            out: Union[str, Path],
            batch_size: int = 1) -> Iterator[Result]:
    """Find the persons of all pictures, draw them and write them down.

    Of a picture ``a.jpg`` the drawing becomes ``OUT/a.jpg`` and the persons
    ``OUT/a.jpg.json``, see :meth:`Result.save_json`; folders that a pattern's
    wildcards stand for are made in ``OUT`` as well. Of a video ``b.avi`` they
    become ``OUT/b.mp4`` and ``OUT/b.jsonl``, with a line for each frame; of
    webcam 0, ``OUT/webcam-0.mp4`` and so on, until it is stopped.

    Args:
        model (PINet): Finds the persons.
        source (str | int): A picture, a folder, a pattern, a video, or a
            webcam's number.
        out (str | Path): The folder to write to, which is made.
        batch_size (int): How many pictures run together.

    Yields:
        Result: Of each picture or frame, after it is written.

    Raises:
        FileNotFoundError, ValueError: As of :class:`PINet`, or if a picture
            would be overwritten by its drawing, or a pattern has ``..`` after
            a wildcard, by which drawings would leave ``out``.
    """
    webcam = isinstance(source, int)
    if webcam or Path(source).suffix.lower() in VIDEOS:
        yield from _predict_video(model, source, Path(out), batch_size)
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


def _predict_video(model: PINet, source: Union[str, int], out: Path,
                   batch_size: int) -> Iterator[Result]:
    webcam = isinstance(source, int)
    name = f'webcam-{source}' if webcam else str(source)
    video = Video(source)
    place = out / f'{Path(name).stem}.mp4'
    _must_differ(place, name)
    out.mkdir(parents=True, exist_ok=True)
    # the frames that are read and not drawn yet wait in memory, no others
    frames, to_draw = tee(video)
    results = show_progress(
        model(frames, batch_size),
        Path(name).name, video.total)
    writer = None
    with open(place.with_suffix('.jsonl'), 'w') as lines:
        try:
            for number, (result, frame) in enumerate(zip(results, to_draw)):
                result = replace(result, source=name, frame=number)
                writer = writer or _writer(place, video.rate, frame)
                writer.write(result.plot(frame))
                lines.write(json.dumps(result.to_dict()) + '\n')
                yield result
        finally:  # also when it is stopped: what was written can be played
            if writer is not None:
                writer.release()
    if writer is None:
        raise ValueError(f'{name} holds no frame')


def _writer(place: Path, rate: float, frame) -> cv2.VideoWriter:
    writer = cv2.VideoWriter(
        str(place), cv2.VideoWriter_fourcc(*'mp4v'), rate, frame.shape[1::-1])
    if not writer.isOpened():
        raise ValueError(f'{place} cannot be written as a video')
    return writer


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
