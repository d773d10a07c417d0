"""The pages, and what stands in them."""
import re
import shlex
from pathlib import Path
from typing import Dict, Iterator, List

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page.relative_to(ROOT)
    for pattern in ('*.md', 'docs/**/*.md', 'configs/**/*.md')
    for page in ROOT.glob(pattern))


def read(page: Path) -> str:
    return (ROOT / page).read_text()


def blocks(page: Path, language: str) -> List[str]:
    """The code of a page in one language, also where it is indented."""
    fences = re.findall(rf'^( *)```{language}\n(.*?)^ *```$', read(page),
                        re.DOTALL | re.MULTILINE)
    return [
        re.sub(rf'^{indent}', '', code, flags=re.MULTILINE)
        for indent, code in fences
    ]


def saved_files(page: Path) -> Dict[str, str]:
    """Code of a page that readers save, by the name of the file."""
    found = re.findall(
        r'^Save this as `(\w+\.py)`[^\n]*:\n\n```python\n(.*?)^```$',
        read(page), re.DOTALL | re.MULTILINE)
    return dict(found)


def commands(page: Path) -> Iterator[List[str]]:
    """The words of each command, without the variables that it is given."""
    for block in blocks(page, 'shell'):
        for line in block.replace('\\\n', ' ').splitlines():
            words = shlex.split(line, comments=True)
            while words and re.match(r'\w+=', words[0]):
                words.pop(0)
            if words:
                yield words


def pages_with(language: str) -> List[Path]:
    return [page for page in PAGES if blocks(page, language)]


def navigation() -> List[str]:
    """Names of pages in the navigation, in its order."""

    def walk(entry):
        if isinstance(entry, str):
            yield entry
        for part in (entry.values() if isinstance(entry, dict) else
                     entry if isinstance(entry, list) else ()):
            yield from walk(part)

    return list(walk(yaml.safe_load(read(Path('mkdocs.yml')))['nav']))


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r'^ *```.*?^ *```$', '', read(page), flags=re.DOTALL | re.M)


def anchors(page: Path) -> List[str]:
    """Of the headings, as code hosts name them."""
    titles = re.findall(r'^#+ (.*)$', prose(page), re.MULTILINE)
    plain = [re.sub(r'\[(.*?)\]\(.*?\)|[`*]', r'\1', t) for t in titles]
    return [
        re.sub(r'[^\w\- ]', '', title.lower()).replace(' ', '-')
        for title in plain
    ]
