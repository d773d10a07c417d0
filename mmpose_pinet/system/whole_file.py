"""Files that are there whole or not at all."""
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Union


@contextmanager
def replaced_when_whole(path: Union[str, Path]) -> Iterator[Path]:
    """Write to another name, which becomes ``path`` if nothing fails.

    A process that is killed leaves that other name behind, for
    :func:`remove_unfinished`.

    Args:
        path (str | Path): The file, whose folder is made. One that is there
            stays until the new one is whole.

    Yields:
        Path: Where to write, in the same folder.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        if unfinished.exists():
            unfinished.unlink()


def remove_unfinished(folder: Union[str, Path], pattern: str) -> None:
    """Remove what killed processes have left of files.

    Args:
        folder (str | Path): Where no other process writes such files.
        pattern (str): Of the names of the whole files, such as ``*.pth``.
    """
    for file in Path(folder).glob(f'.{pattern}.*'):
        if file.suffix[1:].isdigit():
            file.unlink()
