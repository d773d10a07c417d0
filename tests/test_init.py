"""Importing the package registers components where they can be used."""
import subprocess
import sys

import pytest


def run(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, '-c', f'import sys\n{code}'],
                          capture_output=True,
                          text=True)


def test_without_torch_and_mmpose_it_imports_and_registers_nothing():
    done = run('sys.modules.update(torch=None, mmpose=None)\n'
               'import mmpose_pinet\n'
               'print(mmpose_pinet.__version__)\n'
               'print([m for m in sys.modules if "mmengine" in m])')
    assert done.returncode == 0, done.stderr
    version, imported = done.stdout.splitlines()
    assert version[0].isdigit()
    assert imported == '[]'


@pytest.mark.parametrize('missing', ['torch', 'mmpose'])
def test_where_only_one_is_missing_its_error_is_shown(missing):
    done = run(f'sys.modules.update({missing}=None)\nimport mmpose_pinet')
    assert done.returncode == 1
    error = done.stderr.splitlines()[-1]
    assert 'ModuleNotFoundError' in error and missing in error
