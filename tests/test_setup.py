"""Setting up: what pip may install, and what make does, and does once."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / 'requirements'


def names(path: Path) -> set:
    """Normalised project names in a requirements file."""
    lines = (line.split('#')[0] for line in path.read_text().splitlines())
    found = (re.match(r'[\w-]+', line) for line in lines)
    return {name[0].lower().replace('_', '-') for name in found if name}


@pytest.mark.parametrize('file', ['constraints.txt', 'constraints-py312.txt'])
def test_everything_installed_is_pinned(file):
    constraints = REQUIREMENTS / file
    for line in constraints.read_text().splitlines():
        assert line.startswith('#') or '==' in line
    wanted = {'mmcv', 'mmcv-lite'
              }.union(*(names(REQUIREMENTS / f'{part}.txt')
                        for part in ('build', 'runtime', 'mminstall', 'tests',
                                     'deploy')))
    assert wanted - names(constraints) == set()


def test_commit_hooks_and_make_lint_use_the_same_tools():
    lint = (REQUIREMENTS / 'lint.txt').read_text().splitlines()
    config = yaml.safe_load((ROOT / '.pre-commit-config.yaml').read_text())
    hooks = config['repos'][0]['hooks']
    assert {hook['id'] for hook in hooks} == {'flake8', 'isort', 'yapf'}
    for hook in hooks:
        tools = hook['additional_dependencies']
        assert hook['id'] in {tool.split('==')[0] for tool in tools}
        assert set(tools) <= set(lint)


@pytest.mark.parametrize('file', ['lint.txt', 'measure.txt'])
def test_every_tool_is_pinned(file):
    tools = (REQUIREMENTS / file).read_text().splitlines()
    assert all('==' in line for line in tools if not line.startswith('#'))


@pytest.fixture
def clone(tmp_path):
    """What `make venv` reads, beside an environment that is all set up."""
    shutil.copy(ROOT / 'Makefile', tmp_path)
    shutil.copytree(REQUIREMENTS, tmp_path / 'requirements')
    (tmp_path / 'setup.py').touch()
    (tmp_path / '.venv' / 'bin').mkdir(parents=True)
    (tmp_path / '.venv' / 'bin' / 'python').symlink_to(sys.executable)
    (tmp_path / '.venv' / 'installed').touch()
    return tmp_path


def make(clone: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(['make', *arguments],
                          cwd=clone,
                          capture_output=True,
                          text=True)


def test_make_installs_nothing_twice(clone):
    assert 'pip' not in make(clone, '-n', 'venv').stdout


def test_make_installs_again_when_a_requirement_changes(clone):
    changed = clone / 'requirements' / 'tests.txt'
    later = (clone / '.venv' / 'installed').stat().st_mtime + 1
    os.utime(changed, (later, later))
    commands = make(clone, '-n', 'venv').stdout
    openmmlab, = re.findall('.* -r requirements/mminstall.txt .*', commands)
    assert '--no-deps' in openmmlab and 'mmcv-lite' in openmmlab


def test_make_keeps_the_ops_once_they_are_built(clone):
    (clone / '.venv' / 'ops-built').touch()
    (clone / '.venv' / 'installed').unlink()
    assert 'mmcv-lite' not in make(clone, '-n', 'venv').stdout


def test_lint_needs_no_environment_but_its_own(clone):
    shutil.rmtree(clone / '.venv')
    commands = make(clone, '-n', 'lint').stdout
    assert '-r requirements/lint.txt' in commands
    assert not re.search(r'torch|\.venv/', commands, re.IGNORECASE)


def test_another_tool_of_lint_installs_only_that_again(clone):
    later = (clone / '.venv' / 'installed').stat().st_mtime + 1
    os.utime(clone / 'requirements' / 'lint.txt', (later, later))
    assert 'pip' not in make(clone, '-n', 'venv').stdout


@pytest.mark.parametrize('target, command', [
    ('coverage', '.venv/bin/coverage run -m pytest'),
    ('test-mutants', '.venv/bin/mutmut run'),
])
def test_what_measures_the_tests_is_installed_when_asked_for(
        clone, target, command):
    assert 'measure.txt' not in make(clone, '-n', 'test').stdout
    commands = make(clone, '-n', target).stdout
    assert '-r requirements/measure.txt' in commands and command in commands
    later = (clone / '.venv' / 'installed').stat().st_mtime + 1
    os.utime(clone / 'requirements' / 'measure.txt', (later, later))
    assert 'pip' not in make(clone, '-n', 'venv').stdout


def test_mutants_of_chosen_modules(clone):
    commands = make(clone, '-n', 'test-mutants', 'ONLY=fusion codecs.*').stdout
    assert "run 'mmpose_pinet.fusion.*' 'mmpose_pinet.codecs.*.*'" in commands


def test_an_environment_may_lie_in_another_folder(clone):
    (clone / '.venv').rename(clone / '.venv-py312')
    assert 'pip' not in make(clone, '-n', 'venv', 'VENV=.venv-py312').stdout
    commands = make(clone, '-n', 'demo', 'VENV=.venv-py312').stdout
    assert '.venv-py312/bin/python demo/drawn_crowd_demo.py' in commands


def test_make_names_the_interpreter_that_does_not_serve(clone):
    shutil.rmtree(clone / '.venv')
    done = make(clone, 'venv', 'PYTHON=no-such-python')
    assert done.returncode != 0
    assert 'PYTHON=no-such-python does not run' in done.stderr


def test_make_says_what_failed_and_what_to_do(clone):
    (clone / '.venv' / 'installed').unlink()
    python = clone / '.venv' / 'bin' / 'python'
    python.unlink()
    python.write_text('#!/bin/sh\nexit 1\n')
    python.chmod(0o755)
    done = make(clone, 'venv')
    assert done.returncode != 0
    assert 'FAILED: installing build tools' in done.stderr
    assert 'package index' in done.stderr
    assert not (clone / '.venv' / 'installed').exists()


def test_make_alone_tells_its_targets(clone):
    out = make(clone).stdout
    for target in ('venv', 'demo', 'test', 'lint', 'clean'):
        assert re.search(rf'^make {target} ', out, re.MULTILINE)
