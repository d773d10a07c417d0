"""Which of several processes failed first."""
import os
import sys
import time
from typing import Callable

from torch.distributed.elastic.multiprocessing.errors import record

# Longer than torchrun may take to notice that a process has ended: it looks
# every 5 s.
_NOTICED_AFTER = 6


def tell_first_failure(function: Callable) -> Callable:
    """Let torchrun show the error of the process that failed first.

    The others fail at once, as their connection is closed, and torchrun
    would call one of these the root cause. So a process that fails waits:
    torchrun ends it meanwhile if another one had ended before, and counts
    and shows the error of that one alone.

    Args:
        function (Callable): What a process that torchrun started does.

    Returns:
        Callable: Does the same; its errors come a few seconds later.
    """

    @record  # for torchrun's summary
    def run(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except Exception as error:
            print(
                f'rank {os.environ["RANK"]}: {type(error).__name__}: {error}',
                file=sys.stderr,
                flush=True)
            time.sleep(_NOTICED_AFTER)
            raise

    return run
