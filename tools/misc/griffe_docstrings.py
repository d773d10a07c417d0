"""Docstrings as the site's Markdown, for `make docs` (mkdocs.yml).

Docstrings name each other as Sphinx does, ``:class:`PoseFusion```, and those
of transforms list their keys as MMPose's do: an editor shows both well, and
Markdown knows neither.
"""
import re
from textwrap import dedent

import griffe

ROLE = re.compile(r':(?:class|func|meth|data):`(?P<short>~?)(?P<name>[\w.]+)`')
KEYS = re.compile(r'^(\w+ Keys:)\n\n((?:(?: {4}.*)?\n)+)', re.MULTILINE)


class Docstrings(griffe.Extension):
    """Make a link of each role whose target is on the site, code of each
    other, and lists of keys."""

    def on_object(self, *, obj: griffe.Object, **kwargs) -> None:
        """Rewrite the docstring of an object.

        Args:
            obj (griffe.Object): Of a package that is loaded.
        """
        if obj.docstring:
            text = KEYS.sub(lambda keys: f'**{keys[1]}**\n\n{dedent(keys[2])}',
                            f'{obj.docstring.value}\n')
            obj.docstring.value = ROLE.sub(
                lambda role: link(obj, role['name'], role['short']), text)


def link(obj: griffe.Object, name: str, short: str) -> str:
    """Link a name as the file of an object knows it.

    Args:
        obj (griffe.Object): Whose docstring says the name.
        name (str): Of a class, a function, or a member of one.
        short (str): ``'~'`` where the name's last part alone is shown.

    Returns:
        str: Markdown with a tag of mkdocs-autorefs, which is code alone where
        the target is not on the site.
    """
    first, *rest = name.split('.')
    try:
        target = '.'.join([obj.resolve(first), *rest])
    except griffe.NameResolutionError:
        target = name
    shown = name.rpartition('.')[2] if short else name
    return f'<autoref optional identifier="{target}">`{shown}`</autoref>'
