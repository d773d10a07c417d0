"""The pages made of docstrings name what there is, all that a config can name,
and what the pages quote is in the package."""
import re
from importlib import import_module
from pathlib import Path

import mmpose.registry
import pytest
from mmengine.registry import Registry
from pages import PAGES, ROOT, blocks, read

import mmpose_pinet  # noqa: F401  registers what is looked for

NAMES = [
    name for page in PAGES if page.parent.name == 'api'
    for name in re.findall(r'^::: (\S+)$', read(page), re.MULTILINE)
]


def find(name):
    module, _, of_module = name.rpartition('.')
    return getattr(import_module(module), of_module)


def test_names_are_there_once_and_have_docstrings():
    assert len(NAMES) == len(set(NAMES)) > 50
    assert [name for name in NAMES if not find(name).__doc__] == []


def test_all_that_a_config_can_name_is_told():
    ours = {
        component
        for registry in vars(mmpose.registry).values()
        if isinstance(registry, Registry)
        for component in registry.module_dict.values()
        if component.__module__.startswith('mmpose_pinet.')
    }
    assert len(ours) > 25
    told = set(map(find, NAMES))
    assert {component.__name__ for component in ours - told} == set()


# lines of a page that stand together in the package
QUOTES = [
    quote for block in blocks(Path('docs/how_it_works.md'), 'py')
    for quote in re.split(r'^\.\.\.\n', block, flags=re.MULTILINE)
]


@pytest.fixture(scope='module')
def package():
    """The code of the package, without how far lines are indented."""
    return '\n'.join(
        re.sub(r'^ +', '', file.read_text(), flags=re.MULTILINE)
        for file in (ROOT / 'mmpose_pinet').rglob('*.py'))


@pytest.mark.parametrize('quote', QUOTES)
def test_quoted_code_is_the_packages(quote, package):
    assert re.sub(r'^ +', '', quote, flags=re.MULTILINE) in package
