"""The frames of a video with identities, one after the other, and the files
that they are written to."""
import json
import os
from dataclasses import replace
from itertools import chain, tee
from pathlib import Path
from typing import Callable, Iterator, List, Union

import cv2
import numpy as np

from mmpose_pinet.results import Result, printable

from .inputs import Video
from .progress import show_progress

FRAME_KEYS = 'frame', 'persons'  # of the JSON; all else is the video's


class Output:
    """A file that has its name once it is whole. Until then, and where it is
    interrupted, it is ``NAME.part.SUFFIX``.

    Args:
        path (str | Path): The file; its folder is made.
        video (Video): Which is not overwritten.

    Raises:
        ValueError: If it does not end in ``suffix``, or is the video.
    """

    suffix: str

    def __init__(self, path: Union[str, Path], video: Video) -> None:
        self.path = Path(path)
        self.part = self.path.with_suffix(f'.part{self.suffix}')
        self.rate = video.rate
        if self.path.suffix.lower() != self.suffix:
            raise ValueError(f'{path} must end in {self.suffix}')
        if not video.is_webcam and self.path.exists() and self.path.samefile(
                video.name):
            raise ValueError(f'the drawing would overwrite {path}: write to '
                             'another file')

    def open(self, frame: np.ndarray) -> None:
        """Begin to write, before anything is looked for."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.part.open('wb').close()  # which says what is wrong, if it fails

    def write(self, result: Result, frame: np.ndarray) -> None:
        """Write the next frame."""
        raise NotImplementedError

    def close(self, whole: bool) -> None:
        """End it; if it is whole, give it its name."""
        if whole:
            os.replace(self.part, self.path)


class DrawnVideo(Output):
    """A video on which persons are drawn."""

    suffix = '.mp4'

    def open(self, frame: np.ndarray) -> None:
        super().open(frame)
        self._written = 0
        self._writer = cv2.VideoWriter(
            str(self.part), cv2.VideoWriter_fourcc(*'mp4v'), self.rate,
            frame.shape[1::-1])
        if not self._writer.isOpened():
            self.part.unlink()
            raise ValueError(f'{self.path} cannot be written as a video of '
                             f'{frame.shape[1]} x {frame.shape[0]} px')

    def write(self, result: Result, frame: np.ndarray) -> None:
        self._writer.write(result.plot(frame))
        self._written += 1

    def close(self, whole: bool) -> None:
        self._writer.release()
        if whole:  # OpenCV says nothing of a full disk
            there = cv2.VideoCapture(str(self.part)).get(
                cv2.CAP_PROP_FRAME_COUNT)
            if there < self._written:
                raise ValueError(f'{self.path} could not be written whole: '
                                 'is the disk full?')
        super().close(whole)


class PersonsJson(Output):
    """The persons of all frames as JSON, with a line for each frame."""

    suffix = '.json'

    def open(self, frame: np.ndarray) -> None:
        super().open(frame)
        self._file = self.part.open('w')
        self._is_begun = False

    def write(self, result: Result, frame: np.ndarray) -> None:
        content = result.to_dict()
        line = json.dumps({key: content.pop(key) for key in FRAME_KEYS})
        if not self._is_begun:
            head = json.dumps(dict(content, fps=self.rate))
            self._file.write(f'{head[:-1]}, "frames": [\n{line}')
            self._is_begun = True
        else:
            self._file.write(f',\n{line}')

    def close(self, whole: bool) -> None:
        if whole:
            self._file.write('\n]}\n')
        self._file.close()
        super().close(whole)


def track_frames(find: Callable[[Iterator[np.ndarray]], Iterator[Result]],
                 video: Video, steps: List[Callable[[Result], Result]],
                 outputs: List[Output]) -> Iterator[Result]:
    """Find the persons of a video, and write them down.

    Args:
        find (Callable): Finds the persons of frames.
        video (Video): Where they come from.
        steps (list[Callable]): What a result passes through, in its turn.
        outputs (list[Output]): What it is written to.

    Yields:
        Result: Of each frame, after it is written.

    Raises:
        ValueError: If there is no frame.
        OSError, ValueError: If a file cannot be written.
    """
    frames = iter(video)
    first = next(frames, None)
    if first is None:
        raise ValueError(f'{printable(video.name)} holds no frame')
    # the frames that are read and not drawn yet wait in memory, no others
    frames, to_draw = tee(chain([first], frames))
    opened, whole = [], False
    try:
        for output in outputs:
            output.open(first)
            opened.append(output)
        results = show_progress(
            find(frames),
            Path(video.name).name, video.total)
        for number, (result, frame) in enumerate(zip(results, to_draw)):
            result = replace(result, source=video.name, frame=number)
            for step in steps:
                result = step(result)
            for output in outputs:
                output.write(result, frame)
            yield result
        whole = True
    except (GeneratorExit, KeyboardInterrupt):
        whole = video.is_webcam  # which has no other end
        raise
    finally:
        for output in opened:
            output.close(whole)
