"""Gives the site the tree of the repository, for `make docs` (mkdocs.yml).

Pages link to each other, to READMEs, configs and code as files of the
repository: the same link works on a code host and on the site, and mkdocs
checks every one of them. So the site holds those files as well, where they
lie in the repository, and names in the navigation start at its root.
"""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHOWN = [
    '*.md',
    'LICENSE',
    'CITATION.cff',
    'docs/**/*',
    'resources/*',
    'configs/**/*',
    'demo/**/*',
    'requirements/*.txt',
    'tools/**/*',
    'mmpose_pinet/**/*.py',
]


def shown_files():
    """Names of the repository's files that the site holds, sorted."""
    return sorted({
        path.relative_to(ROOT).as_posix()
        for pattern in SHOWN
        for path in ROOT.glob(pattern)
        if path.is_file() and path.suffix != '.pyc'
    })


def on_files(files, config):
    """Replace the files of docs/ by those of the whole repository.

    Args:
        files (mkdocs.structure.files.Files): Of docs/ and of the theme.
        config (mkdocs.config.defaults.MkDocsConfig): Of the site.
    """
    from mkdocs.structure.files import File  # only where the site is built
    for file in list(files):
        if file.src_dir == config.docs_dir:
            files.remove(file)
    for name in shown_files():
        files.append(
            File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    return files
