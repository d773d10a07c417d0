"""The rules of the house that a program can check (CONTRIBUTING.md)."""
import ast
from pathlib import Path
from typing import Iterator, List, Optional

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = 'mmpose_pinet'
MAX_LINES = 300

# The rooms of the package. A file knows its own room and those of the rows
# above, never one beside or below.
LAYERS = [
    {
        'version', 'registry', 'utils', 'arguments', 'system', 'compat',
        'converters', 'results', 'command_line', 'wording'
    },
    {'fusion', 'cli_arguments'},
    {'tracking'},
    {'codecs', 'pictures'},
    {'post_processors'},
    {'datasets', 'models'},
    {'evaluation', 'engine'},
    {'visualization', 'deploy'},
    {'apis'},
    {'cli'},
    {'__main__'},
]
LAYER = {room: row for row, rooms in enumerate(LAYERS) for room in rooms}
# beside the package: these know it, it does not know them
OUTSIDE = {'configs', 'demo', 'tests', 'tools'}


def python_files(root: Path) -> Iterator[Path]:
    """The Python files of a clone, without those of environments in it."""
    yield from root.glob('*.py')
    for folder in (PACKAGE, *sorted(OUTSIDE)):
        yield from sorted(root.glob(f'{folder}/**/*.py'))


def long_files(root: Path) -> List[str]:
    counts = {
        file: len(file.read_bytes().splitlines())
        for file in python_files(root)
    }
    return [
        f'{file.relative_to(root)}: {count} lines'
        for file, count in counts.items() if count > MAX_LINES
    ]


def imported_names(file: Path, root: Path) -> Iterator[str]:
    """Absolute names of all that a file imports, in functions too."""
    package = file.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level +
                           1] if node.level else ()
            base += (node.module, ) if node.module else ()
            yield from ('.'.join((*base, alias.name)) for alias in node.names)


def objection(room: str, imported: str) -> Optional[str]:
    """Why a file of a room must not import a name, if it must not."""
    top, *rest = imported.split('.')
    if top in OUTSIDE:
        return f'the package knows nothing of {top}/'
    if top != PACKAGE:
        return None
    if not rest or rest[0] not in LAYER:
        return f'name a module of {sorted(LAYER)}'
    if rest[0] == room or LAYER[rest[0]] < LAYER[room]:
        return None
    return f'{room} knows nothing of {rest[0]}'


def wrong_imports(root: Path) -> List[str]:
    found = []
    for file in sorted((root / PACKAGE).rglob('*.py')):
        place = file.relative_to(root / PACKAGE)
        room = place.parts[0].replace('.py', '')
        if room == '__init__':  # registers the components of every room
            continue
        if room not in LAYER:
            found.append(f'{place}: {room} is in no row of LAYERS')
            continue
        for name in imported_names(file, root):
            reason = objection(room, name)
            if reason:
                found.append(f'{place} imports {name}: {reason}')
    return found


def test_no_file_is_long():
    assert long_files(ROOT) == []


def test_imports_point_one_way():
    assert wrong_imports(ROOT) == []


def test_every_room_stands_in_the_list_of_the_house():
    page = (ROOT / 'docs/architecture.md').read_text()
    rooms = {
        file.relative_to(ROOT / PACKAGE).parts[0]
        for file in (ROOT / PACKAGE).rglob('*.py')
    }
    assert {room for room in rooms if f'  {room}' not in page} == set()


def write(root: Path, place: str, code: str) -> None:
    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code)


@pytest.mark.parametrize(
    'place', ['setup.py', 'tools/misc/a.py', f'{PACKAGE}/models/heads/a.py'])
def test_a_long_file_is_found(tmp_path, place):
    write(tmp_path, place, 'pass\n' * MAX_LINES)
    assert long_files(tmp_path) == []
    write(tmp_path, place, 'pass\n' * (MAX_LINES + 1))
    assert long_files(tmp_path) == [f'{place}: 301 lines']


@pytest.mark.parametrize(
    'place, code, reason',
    [
        # each spelling of an import
        ('codecs/a.py', 'import mmpose_pinet.models', 'nothing of models'),
        ('codecs/a.py', 'from mmpose_pinet import models',
         'nothing of models'),
        ('codecs/a.py', 'from .. import models', 'nothing of models'),
        ('codecs/a.py', 'from ..models.heads import A', 'nothing of models'),
        ('codecs/__init__.py', 'from ..models import A', 'nothing of models'),
        ('codecs/a.py', 'def f():\n    from ..models import A', 'of models'),
        # each kind of room
        ('post_processors/a.py', 'from ..models import A', 'nothing of models'
         ),
        ('codecs/a.py', 'from ..post_processors import A',
         'nothing of post_processors'),
        ('models/heads/a.py', 'from ...visualization import A',
         'visualization'),
        ('visualization.py', 'from .cli import main', 'nothing of cli'),
        # beyond the package, and the package as a whole
        ('models/heads/a.py', 'from tools.demo import main', 'nothing of tools'
         ),
        ('codecs/a.py', 'import configs', 'nothing of configs'),
        ('codecs/a.py', 'import mmpose_pinet', 'name a module'),
        ('codecs/a.py', 'from mmpose_pinet import *', 'name a module'),
        ('attic/a.py', '', 'attic is in no row of LAYERS'),
    ])
def test_a_wrong_import_is_found(tmp_path, place, code, reason):
    write(tmp_path, f'{PACKAGE}/{place}', code)
    found, = wrong_imports(tmp_path)
    assert place in found and reason in found


@pytest.mark.parametrize(
    'place, code',
    [
        ('models/heads/a.py', 'from ...codecs.partitions import A'),
        ('models/heads/a.py', 'from ..layers import A\nfrom .b import B'),
        ('models/a.py', 'from mmpose_pinet.post_processors import A'),
        ('post_processors/a.py', 'from ..codecs import A'),
        ('visualization.py', 'from .models import A'),
        ('codecs/a.py', 'from .models import A'),  # a file of codecs' own
        ('codecs/a.py', 'import numpy\nfrom mmpose.models import A'),
        ('__init__.py', 'from .models import *'),
    ])
def test_other_imports_are_let_through(tmp_path, place, code):
    write(tmp_path, f'{PACKAGE}/{place}', code)
    assert wrong_imports(tmp_path) == []
