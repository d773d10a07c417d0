"""The wheel holds all that a user needs who has no clone."""
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

import mmpose_pinet

ROOT = Path(__file__).parents[1]
ZOO = ('configs', 'demo', 'tools', 'model-index.yml')
SUFFIXES = {'.py', '.sh', '.yml', '.md', '.txt'}
NAME = 'pinet_hrnet-w32_ochuman'


def python(*arguments, cwd: Path, **variables) -> str:
    done = subprocess.run([sys.executable, *map(str, arguments)],
                          cwd=cwd,
                          env=dict(os.environ, **variables),
                          capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wheel_of(source: Path, folder: Path) -> Path:
    python(
        '-m',
        'pip',
        'wheel',
        '--no-deps',
        '--no-build-isolation',
        '--no-index',
        '-w',
        folder,
        source,
        cwd=folder.parent)
    wheel, = folder.glob('*.whl')
    return wheel


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    """The checkout, without what was built or trained in it."""
    folder = tmp_path_factory.mktemp('clone') / 'mmpose_pinet'
    built = ('.git', '.venv*', 'build', 'dist', '*.egg-info', '__pycache__',
             'work_dirs', 'data', 'tests', '.hypothesis', '.pytest_cache',
             'mutants')
    shutil.copytree(
        ROOT, folder, symlinks=True, ignore=shutil.ignore_patterns(*built))
    # a file that Python leaves behind belongs in no wheel
    (folder / 'tools/__pycache__').mkdir()
    (folder / 'tools/__pycache__/train.cpython-311.pyc').touch()
    return folder


@pytest.fixture(scope='module')
def sdist(clone, tmp_path_factory):
    folder = tmp_path_factory.mktemp('sdist')
    python(
        '-c', 'from setuptools.build_meta import build_sdist; '
        f'build_sdist({str(folder)!r})',
        cwd=clone)
    archive, = folder.glob('*.tar.gz')
    with tarfile.open(archive) as files:
        files.extractall(folder)
    source, = (path for path in folder.iterdir() if path.is_dir())
    return source


@pytest.fixture(scope='module')
def wheel(sdist, tmp_path_factory):
    return wheel_of(sdist, tmp_path_factory.mktemp('wheel'))


@pytest.fixture(scope='module')
def installed(wheel, tmp_path_factory):
    """The folder the wheel is installed to, alone."""
    folder = tmp_path_factory.mktemp('installed')
    python(
        '-m',
        'pip',
        'install',
        '--no-deps',
        '--no-index',
        '--target',
        folder,
        wheel,
        cwd=folder)
    return folder


def zoo_of(root: Path) -> dict:
    """Content of the files that a wheel carries, by their path."""
    files = [
        file for name in ZOO
        for file in ([root / name],
                     (root / name).rglob('*'))[(root / name).is_dir()]
        if file.suffix in SUFFIXES
    ]
    return {file.relative_to(root): file.read_bytes() for file in files}


def test_the_wheel_carries_the_zoo(installed):
    files = zoo_of(installed / 'mmpose_pinet/.mim')
    assert files == zoo_of(ROOT)
    assert Path('tools/dist_train.sh') in files
    assert len(files) > 50


def test_the_wheel_holds_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split('/')[0].split('-')[0] for name in names}
    assert tops == {'mmpose_pinet'}
    suffixes = {Path(name).suffix for name in names if '/.mim/' in name}
    assert suffixes <= SUFFIXES


def test_a_clone_gives_the_same_wheel_as_its_sdist(wheel, clone, tmp_path):
    contents = []
    for path in (wheel, wheel_of(clone, tmp_path / 'wheel')):
        with zipfile.ZipFile(path) as archive:
            contents.append({
                name: archive.read(name)
                for name in archive.namelist() if name[-6:] != 'RECORD'
            })
    assert contents[0] == contents[1]


def test_the_sdist_can_be_worked_on(sdist):
    assert zoo_of(sdist) == zoo_of(sdist / 'mmpose_pinet/.mim') == zoo_of(ROOT)
    for name in ('setup.py', 'README.md', 'LICENSE', 'Makefile',
                 'CITATION.cff', 'requirements/runtime.txt'):
        assert (sdist / name).read_bytes() == (ROOT / name).read_bytes()


def test_every_package_of_the_checkout_is_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        found = {
            name
            for name in archive.namelist()
            if name.endswith('.py') and '.mim/' not in name
        }
    assert found == {
        str(file.relative_to(ROOT))
        for file in (ROOT / 'mmpose_pinet').rglob('*.py')
        if '.mim' not in file.parts
    }


def test_the_wheel_carries_what_a_report_is_made_of(installed):
    place = 'mmpose_pinet/visualization/report/templates'
    files = {file.name: file.read_text() for file in (ROOT / place).iterdir()}
    assert files == {
        file.name: file.read_text()
        for file in (installed / place).iterdir()
    }
    assert set(files) == {'report.html', 'report.css', 'report.js'}


def test_the_metadata_tells_what_it_is(wheel):
    with zipfile.ZipFile(wheel) as archive:
        folder, = {
            name.split('/')[0]
            for name in archive.namelist() if '.dist-info/' in name
        }
        metadata = message_from_bytes(archive.read(f'{folder}/METADATA'))
        scripts = archive.read(f'{folder}/entry_points.txt').decode()
    assert 'pinet = mmpose_pinet.cli:main' in scripts
    assert metadata['Description-Content-Type'] == 'text/markdown'
    assert metadata['Keywords'] and metadata['Summary']
    assert metadata['Version'] == mmpose_pinet.__version__
    assert metadata.get_all('Project-URL')
    extras = set(metadata.get_all('Provides-Extra'))
    assert extras >= {'deploy', 'runtime', 'supervision', 'tests'}
    # nothing is pulled in that was not asked for
    assert all('extra ==' in line
               for line in metadata.get_all('Requires-Dist'))
    text = metadata.get_payload()
    assert '# mmpose_pinet' in text
    # an index page has no files beside it
    assert '](docs/' not in text and '](resources/' not in text
    assert '](https://github.com/open-mmlab/mmpose)' in text


def test_it_is_used_from_an_empty_folder(installed, tmp_path):
    code = f'''
import mmpose_pinet
from mmengine.config import Config
from mmengine.hub import get_config
from mmpose_pinet.apis.zoo import config_files, find_config, models
for path in (mmpose_pinet.__file__, find_config({NAME!r}),
             get_config('mmpose_pinet::pinet/{NAME}.py').filename):
    print(path)
assert len(models()) == len(config_files()) > 20
# one of each folder
for file in {{file.parent: file for file in config_files().values()}}.values():
    Config.fromfile(file)
'''
    for path in python(
            '-c', code, cwd=tmp_path, PYTHONPATH=str(installed)).splitlines():
        assert installed / 'mmpose_pinet' in Path(path).parents


def test_links_that_git_wrote_as_text_are_told(clone, tmp_path):
    """As on Windows: nothing would be carried."""
    copy = tmp_path / 'clone'
    shutil.copytree(clone, copy, symlinks=True)
    link = copy / 'mmpose_pinet/.mim/configs'
    link.unlink()
    link.write_text('../../configs')
    done = subprocess.run([sys.executable, 'setup.py', '--version'],
                          cwd=copy,
                          capture_output=True,
                          text=True)
    assert done.returncode == 1
    assert 'core.symlinks true' in done.stderr.splitlines()[-1]
