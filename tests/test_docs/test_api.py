"""The pages made of docstrings name what there is, and all that a config can
name."""
import re
from importlib import import_module

import mmpose.registry
from mmengine.registry import Registry
from pages import PAGES, read

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
