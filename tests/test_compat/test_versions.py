"""Versions that do not serve are named when the package is imported."""
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
