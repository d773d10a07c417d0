"""Whether our stand-in is what mmcv's ops call here."""
from importlib.util import find_spec
from pathlib import Path

import pytest

import mmpose_pinet

EXTENSION = Path(
    mmpose_pinet.__file__).parent / 'compat' / 'ops' / 'extension.py'
STANDS_IN = Path(find_spec('mmcv._ext').origin) == EXTENSION

needs_lite = pytest.mark.skipif(
    not STANDS_IN, reason='mmcv has its compiled ops')
