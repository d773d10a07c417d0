"""Finds the persons of pictures, wherever these come from."""
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Hashable, Iterator, List, Union

from mmpose_pinet.arguments import check_number
from mmpose_pinet.results import Result

from .batching import read_ahead, run_in_batches
from .forks import ForkGuard
from .inputs import Picture, as_picture, is_single, open_inputs
from .progress import show_progress


class Finder(ABC):
    """A model that finds the persons of pictures, one or many.

    A subclass says how a picture is read, of what shape it then is, and what
    is found in a batch of one shape.
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
