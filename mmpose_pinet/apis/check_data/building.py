"""Building parts of a config, with mistakes noted in place of raised."""
import re
from typing import Any, Callable, Optional

from .findings import Findings

# What MMEngine's registries put around the message of an error
_FRAME = re.compile(r'class `\w+` in \S+?: | More details can be found at \S+')


def attempt(build: Callable[[Any], Any], config: Any, key: str, place: str,
            findings: Findings) -> Optional[Any]:
    """Build something, or note why it cannot be built.

    Args:
        build (Callable): Takes ``config``.
        config: What to build.
        key (str): Of ``config`` in the whole config.
        place (str): See :meth:`Findings.add`.
        findings (Findings): Added to.

    Returns:
        What was built, or None.
    """
    try:
        return build(config)
    except Exception as error:  # a class may raise anything at its arguments
        # the text of a KeyError is its message in quotes
        said = str(error.args[0] if error.args else error)
        reason = _FRAME.sub('', said) or type(error).__name__
        findings.add('config', place, f'{key}: {reason}')
        return None
