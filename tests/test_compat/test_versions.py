"""Versions that do not serve are named when the package is imported."""
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from mmpose_pinet.compat import versions

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(monkeypatch):
    """Versions of distributions, in the place of those that are there."""
    found = {}
    monkeypatch.setattr(versions, '_find_version', found.get)
    return found


def test_what_is_installed_here_serves():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        versions.check_versions()


def test_the_versions_of_requirements_serve(installed):
    installed.update({
        'torch': '2.8.0+cu128',
        'mmengine': '0.10.7',
        'mmcv-lite': '2.1.0',
        'mmpose': '1.3.2'
    })
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        versions.check_versions()


@pytest.mark.parametrize('name, version', [('torch', '1.13.1+cpu'),
                                           ('mmengine', '0.8.4'),
                                           ('mmcv-lite', '1.7.2'),
                                           ('mmcv', '1.7.2'),
                                           ('mmpose', '0.29.0'),
                                           ('mmdet', '2.28.2')])
def test_an_old_version_is_refused_by_name(installed, name, version):
    installed[name] = version
    with pytest.raises(ImportError) as error:
        versions.check_versions()
    assert f'{name} {version} is installed' in str(error.value)
    assert f"pip install -U '{name}>=" in str(error.value)


def test_a_version_that_nobody_knows_is_warned_of(installed):
    installed['mmpose'] = '2.0.0'
    with pytest.warns(UserWarning, match='mmpose 2.0.0 is installed.*<2'):
        versions.check_versions()


def test_a_python_that_nobody_knows_is_warned_of(installed):
    installed['Python'] = '3.14.0'
    with pytest.warns(UserWarning, match=r'Python 3.14.0 is .*<3.14, and'):
        versions.check_versions()


def error_of_importing(folder=None, without=()):
    """The last line of what importing the package says."""
    done = subprocess.run([
        sys.executable, '-c',
        f'import sys\nsys.modules.update(dict.fromkeys({without}))\n'
        'import mmpose_pinet'
    ],
                          env=dict(os.environ, PYTHONPATH=f'{folder}:{ROOT}'),
                          capture_output=True,
                          text=True)
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


def test_an_old_version_is_named_when_the_package_is_imported(tmp_path):
    metadata = tmp_path / 'torch-1.13.1.dist-info/METADATA'
    metadata.parent.mkdir()
    metadata.write_text(
        'Metadata-Version: 2.1\nName: torch\nVersion: 1.13.1\n')
    assert error_of_importing(tmp_path) == (
        'ImportError: torch 1.13.1 is installed; mmpose_pinet runs with '
        "torch>=2.0,<3: pip install -U 'torch>=2.0,<3'")


@pytest.mark.parametrize('name, remedy', [
    ('mmdet', "MMPose imports it since 1.3: pip install --no-deps 'mmdet<4'"),
    ('pkg_resources', 'setuptools has it until version 81: '
     "pip install 'setuptools<81'"),
])
def test_what_mmpose_misses_is_named_with_what_to_install(name, remedy):
    """Not that an import failed deep in MMPose."""
    error = error_of_importing(without=[name])
    assert error == f'ImportError: {name} is not installed. {remedy}'


def test_the_range_of_requirements_is_within_what_serves():
    known = {
        name: limits
        for names, limits in versions.SUPPORTED.items()
        for name in names
    }
    text = (ROOT / 'requirements/mminstall.txt').read_text()
    lines = [line for line in text.splitlines() if line[0] != '#']
    assert len(lines) == 3
    for line in lines:
        name, limits = line.split('>=')
        oldest, unknown = limits.split(',<')
        least, most = map(versions.digit_version, known[name])
        assert least <= versions.digit_version(oldest)
        assert versions.digit_version(unknown) <= most
