"""Threads that a fork leaves behind."""
import os
from typing import Optional


class ForkGuard:
    """Tell a forked process that a model's threads are not there.

    They stay with the parent, and work that is given to them never ends.
    """

    def __init__(self) -> None:
        self._process = os.getpid()

    def check(self, threads: Optional[int], way_out: str) -> None:
        """Refuse to run a model of the parent by several threads.

        Args:
            threads (int, optional): That the model is run by; ``None`` if
                it is not known.
            way_out (str): What to do instead.

        Raises:
            RuntimeError: If this is another process, and not one thread.
        """
        if threads != 1 and os.getpid() != self._process:
            raise RuntimeError(
                'this model was made before a fork, and its threads stayed '
                f'with the parent: it would wait for ever. {way_out}, or '
                "start workers by multiprocessing's 'spawn'")
