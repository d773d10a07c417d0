"""Finds the persons of pictures, wherever these come from."""
from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path
from typing import Any, Hashable, Iterator, List, Sequence, Union

from mmpose_pinet.arguments import check_number
from mmpose_pinet.results import Result
from mmpose_pinet.tracking import OneEuro, Tracker

from .batching import read_ahead, run_in_batches
from .forks import ForkGuard
from .inputs import Picture, Video, as_picture, is_single, open_inputs
from .progress import show_progress
from .tracked import DrawnVideo, PersonsJson, track_frames


class Finder(ABC):
    """A model that finds the persons of pictures, one or many.

    A subclass says how a picture is read, of what shape it then is, what is
    found in a batch of one shape, and how far its keypoints may be off.
    """

    def __init__(self) -> None:
        self._fork_guard = ForkGuard()

    @abstractmethod
    def read(self, picture: Picture) -> Any:
        """Read a picture and make of it what the network takes.

        It may run in several threads at a time.

        Raises:
            ValueError: If it cannot be read.
        """

    @abstractmethod
    def shape_of(self, data: Any) -> Hashable:
        """Tell the shape of what :meth:`read` has made of a picture."""

    @abstractmethod
    def run(self, batch: List[Any]) -> List[Result]:
        """Find the persons of pictures of one shape, in their order."""

    @property
    @abstractmethod
    def sigmas(self) -> Sequence[float]:
        """K falloff constants of OKS."""

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
            RuntimeError: In a process that was forked from the one that made
                the model.
        """
        self._fork_guard.check()
        check_number('batch_size', batch_size, least=1, whole=True)
        if is_single(inputs):
            return self.run([self.read(as_picture(inputs))])[0]
        pictures, total = open_inputs(inputs)
        # an iterator may give a picture only after the last one's result
        finite = isinstance(inputs, (str, Path, list, tuple))
        read = read_ahead if finite else map
        results = run_in_batches(
            read(self.read, pictures), self.shape_of, self.run, batch_size)
        if isinstance(inputs, (list, tuple)):
            return list(results)
        if finite:
            return show_progress(results, Path(inputs).name, total)
        return results

    def predict_video(self,
                      source: Union[str, Path, int],
                      out: Union[str, Path, None] = None,
                      json: Union[str, Path, None] = None,
                      smooth: bool = False,
                      max_missed: int = 25,
                      start_score: float = .2,
                      batch_size: int = 1) -> Iterator[Result]:
        """Find the persons of a video, each with its identity.

        Nothing is done before results are asked for, and memory does not grow
        with the video. Files have their names once they are whole: until
        then, and where the work was interrupted, they are ``NAME.part.mp4``
        and ``NAME.part.json``. A webcam's are whole when it is stopped.

        Args:
            source (str | Path | int): A video file, or a webcam's number.
            out (str | Path, optional): The video to write, ``.mp4``: colours
                and numbers are identities.
            json (str | Path, optional): The file to write, ``.json``: one
                object with ``source``, ``fps``, ``image_size``,
                ``keypoint_names``, ``skeleton_links`` and ``frames``; each of
                these is an object with ``frame`` and ``persons``, see
                :meth:`Result.save_json`.
            smooth (bool): Keypoints pass a one-euro filter, see
                :class:`OneEuro`. Identities do not depend on it.
            max_missed (int): In so many frames, one after the other, a person
                may not be found and keeps its identity.
            start_score (float): The least score of a person to get an
                identity. One with less goes on with one, or is left out.
            batch_size (int): How many frames run together. With 1, the
                result of a webcam's frame comes before the next is taken.

        Yields:
            Result: Of each frame, with ``ids``, after it is written.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it cannot be read or holds no frame, a file cannot
                be written or would overwrite it, or a number is out of its
                range.
            OSError: If a file cannot be written.
            RuntimeError: In a process that was forked from the one that made
                the model.
        """
        self._fork_guard.check()
        check_number('batch_size', batch_size, least=1, whole=True)
        steps = [
            Tracker(
                self.sigmas, max_missed=max_missed, start_score=start_score)
        ]
        video = Video(source)
        if smooth:
            steps.append(OneEuro(video.rate))
        outputs = []
        if out is not None:
            outputs.append(DrawnVideo(out, video))
        if json is not None:
            outputs.append(PersonsJson(json, video))
        find = partial(self, batch_size=batch_size)
        return track_frames(find, video, steps, outputs)
