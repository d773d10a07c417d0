"""Names installed versions that this package does not run with, before one of
them fails in a way that names nothing."""
import platform
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Dict, Optional, Tuple

from mmengine.utils import digit_version

PYTHON = 'Python'
# Distributions that provide a library, its oldest version that serves, and
# the first that nothing is known of.
SUPPORTED: Dict[Tuple[str, ...], Tuple[str, str]] = {
    (PYTHON, ): ('3.8', '3.14'),
    ('torch', ): ('2.0', '3'),
    ('mmengine', 'mmengine-lite'): ('0.10', '1'),
    ('mmcv', 'mmcv-lite'): ('2.0', '3'),
    ('mmpose', ): ('1.2', '2'),
    ('mmdet', ): ('3.0', '4'),  # MMPose does without until 1.3
}


def check_versions() -> None:
    """Compare what is installed with ``SUPPORTED``.

    What is not installed is left to the import that misses it. A version that
    is newer than all that is known is warned of, since it may well run.

    Raises:
        ImportError: If one is older than what serves.
    """
    for names, (oldest, unknown) in SUPPORTED.items():
        for name in names:
            installed = _find_version(name)
            if installed is None:
                continue
            found = f'{name} {installed} is installed'
            wanted = f'mmpose_pinet runs with {name}>={oldest},<{unknown}'
            if digit_version(installed) < digit_version(oldest):
                raise ImportError(f"{found}; {wanted}: pip install -U "
                                  f"'{name}>={oldest},<{unknown}'")
            if digit_version(installed) >= digit_version(unknown):
                warnings.warn(f'{found}; {wanted}, and is not known to run '
                              'with newer ones')


def _find_version(name: str) -> Optional[str]:
    if name == PYTHON:
        return platform.python_version()
    try:
        return version(name)
    except PackageNotFoundError:
        return None


check_versions()
