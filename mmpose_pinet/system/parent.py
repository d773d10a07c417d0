"""Processes that do not outlive the one that started them."""
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>
# looked up here: a process between fork and exec must not load libraries
_LIBC = ctypes.CDLL(None) if sys.platform == 'linux' else None


def end_with_parent(parent: int, by: int = signal.SIGKILL) -> None:
    """Let the calling process end when its parent does, on Linux.

    A parent that is killed cannot tell its children; the kernel does. Other
    systems have no such thing, and nothing is done there.

    Args:
        parent (int): The parent's process id, taken before it can be gone.
        by (int): The signal that ends the process.

    Raises:
        OSError: If the kernel refuses.
    """
    if _LIBC is None:
        return
    if _LIBC.prctl(_PR_SET_PDEATHSIG, int(by)) != 0:
        raise OSError(f'process {os.getpid()} cannot be bound to its parent')
    if os.getppid() != parent:  # it was gone before
        os.kill(os.getpid(), by)
