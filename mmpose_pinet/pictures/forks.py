"""Threads that a fork leaves behind."""
import os


class ForkGuard:
    """Tell a forked process that a model is its parent's.

    Threads of PyTorch and the engines stay with the parent, and work that is
    given to them never ends. What is pickled belongs to the process
    that reads it.
    """

    def __init__(self) -> None:
        self._process = os.getpid()

    def __reduce__(self) -> tuple:
        return ForkGuard, ()

    def check(self) -> None:
        """Refuse another process than the one that made the model.

        Raises:
            RuntimeError: With what to do instead.
        """
        if os.getpid() != self._process:
            raise RuntimeError(
                'this model was made before a fork, and its threads stayed '
                'with the parent: it might wait for ever. Make one in each '
                "worker, or start workers by multiprocessing's 'spawn'")
