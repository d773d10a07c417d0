"""What commands and tools share: arguments that are checked when they are
read, and an end in one line where one of them is wrong.

Nothing but Python's own library is imported here.
"""
import math
import os
import select
import sys
import warnings
from argparse import ArgumentTypeError
from opcode import opmap
from pathlib import Path
from typing import Callable, List, Optional

PACKAGE = Path(__file__).resolve().parent
# What Matplotlib writes and everybody opens.
DRAWINGS = {'.jpeg', '.jpg', '.pdf', '.png', '.svg', '.tif', '.tiff', '.webp'}


class BadArgument(ArgumentTypeError, ValueError):
    """A ValueError, and of a kind whose text argparse shows."""


def run_command(main: Callable[[], Optional[int]],
                command: Optional[str] = None,
                arguments: Optional[List[str]] = None) -> int:
    """Run a command, and tell in one line of stderr what its arguments did
    wrong. Errors of other kinds keep their traceback: they are bugs.

    Args:
        main (Callable): The command. It returns its exit code, or None.
        command (str, optional): Begins the line. By default the script's.
        arguments (list[str], optional): Of which none may be empty, as an
            unset variable of a shell makes them. By default the process's.

    Returns:
        int: The exit code: ``main``'s, 2 where the arguments are wrong, and
        130 or 141 as of a signal where Ctrl-C or the end of a pipe ended it.
    """
    command = command or Path(sys.argv[0]).name
    # before a script of MMPose's runs, which gets an argv of its own
    folders = [PACKAGE, Path(sys.argv[0]).resolve().parent]
    # MMPose tells that it found a file of its own where it looks for it
    warnings.filterwarnings('ignore',
                            'The metainfo config file "configs/_base_/')
    try:
        _refuse_empty(sys.argv[1:] if arguments is None else arguments)
        code = main() or 0
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        if not _is_read_no_more(sys.stdout.fileno()):
            raise
        # what is left to be written at Python's end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (ValueError, OSError, ImportError) as error:
        explanation = _explanation(error, folders)
        if explanation is None:
            raise
        line = ' '.join(explanation.split())
        # a file's name may hold what a terminal obeys
        line = ''.join(c if c.isprintable() else '?' for c in line)
        print(f'{command}: {line}', file=sys.stderr)
        return 2


def _refuse_empty(arguments: List[str]) -> None:
    for before, argument in zip(['', *arguments], arguments):
        if not argument:
            raise BadArgument(f'the argument after {before} is empty'
                              if before else 'the first argument is empty')


def _is_read_no_more(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, select.POLLOUT)
    return any(events & select.POLLERR for _, events in poll.poll(0))


def _explanation(error: BaseException, folders: List[Path]) -> Optional[str]:
    """The text of an error that tells what is wrong, else None.

    Such are those that a ``raise`` in one of the folders has raised, also
    where MMEngine has put words around their text, and what the system says
    of a file. Others come from a call of a library, and are bugs.
    """
    if isinstance(error, OSError) and error.filename is not None:
        return f'{error.filename}: {error.strerror}'
    place = error.__traceback__
    while place.tb_next is not None:
        place = place.tb_next
    code = place.tb_frame.f_code
    is_raised = code.co_code[place.tb_lasti] == opmap['RAISE_VARARGS']
    file = Path(code.co_filename).resolve()
    # Python gives a name to what cannot be imported
    is_named = getattr(error, 'name', None) is not None
    if is_raised and not is_named and any(folder in file.parents
                                          for folder in folders):
        return str(error)
    inner = error.__context__
    if type(inner) is type(error) and str(inner) in str(error):
        return _explanation(inner, folders)
    return None


def count(text: str) -> int:
    """Read a whole number from 1."""
    return _whole(text, 1)


def natural(text: str) -> int:
    """Read a whole number from 0."""
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        raise BadArgument(f'{text!r} is no whole number') from None
    if value < least:
        raise BadArgument(f'{text} must be {least} or more')
    return value


def number(text: str) -> float:
    """Read a number that is neither infinite nor NaN."""
    try:
        value = float(text)
    except ValueError:
        raise BadArgument(f'{text!r} is no number') from None
    if not math.isfinite(value):
        raise BadArgument(f'{text} is no finite number')
    return value


def name(text: str) -> str:
    """Take a name that files and folders may have, and no path."""
    if Path(text).name != text or text == '..':
        raise BadArgument(f'{text} is no name, but a path')
    return text


def output_file(text: str) -> str:
    """Take the path of a file that can be written, before hours of work."""
    if Path(text).is_dir():
        raise BadArgument(f'{text} is a folder: name a file to write')
    _check_place(text, Path(text).parent)
    return text


def output_drawing(text: str) -> str:
    """Take the path of a picture that Matplotlib can write."""
    if Path(text).suffix.lower() not in DRAWINGS:
        raise BadArgument(f'{text} is no name of a picture: it must end in '
                          f'{", ".join(sorted(DRAWINGS))}')
    return output_file(text)


def output_folder(text: str) -> str:
    """Take the path of a folder that is there or can be made."""
    _check_place(text, Path(text))
    return text


def _check_place(text: str, folder: Path) -> None:
    """Look whether a folder can be made and written to."""
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise BadArgument(f'{text} cannot be written: {folder} is a file')
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadArgument(f'{text} cannot be written: {folder} is read-only')
