"""Stands in for mmcv's compiled ops where there are none (mmcv-lite).

mmcv-lite has all of ``mmcv.ops`` but the extension that computes,
``mmcv._ext``. Importing this module lets ``extension.py`` be found by that
name; mmcv's own classes and functions stay as they are, and call it. Where
mmcv has its extension, nothing changes.
"""
import sys
from importlib.abc import MetaPathFinder
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path

_NAME = 'mmcv._ext'


class _ExtensionFinder(MetaPathFinder):
    """Finds the stand-in, loaded no sooner than mmcv's ops ask for it."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname == _NAME:
            return spec_from_file_location(
                _NAME,
                Path(__file__).with_name('extension.py'))


# An extension that is there but broken is found as well: its error is shown.
if find_spec(_NAME) is None:
    sys.meta_path.append(_ExtensionFinder())
