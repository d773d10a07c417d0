"""Scripts of MMPose run with PINet registered, argument for argument."""
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import mmpose
import pytest
from mmengine.device import get_device

from mmpose_pinet.apis import cpu_runs
from mmpose_pinet.apis.mmpose_scripts import run_script
from mmpose_pinet.apis.zoo import find_config

ROOT = Path(__file__).parents[2]
NAME = 'pinet_hrnet-w32_ochuman'
UNUSED = 'pinet_mobilenetv2-fpn_coco-256'  # has `find_unused_parameters`
SCRIPT = '''
import argparse
import json
import sys

from mmengine.config import DictAction


def parse_args():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument('--launcher')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    parser.add_argument('config', nargs='?')
    return parser.parse_known_args()[0]


if __name__ == '__main__':
    print(json.dumps(sys.argv))
'''


@pytest.fixture(autouse=True)
def as_in_a_process_of_its_own(monkeypatch):
    """What running a script changes is put back."""
    monkeypatch.setattr(sys, 'argv', sys.argv)
    monkeypatch.setattr(sys, 'path', sys.path.copy())


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """An MMPose whose scripts tell their arguments, in a wheel's place."""
    for script in ('tools/train.py', 'tools/test.py', 'tools/misc/browse.py',
                   'demo/train_demo.py'):
        file = tmp_path / 'mmpose/.mim' / script
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SCRIPT)
    monkeypatch.setattr(mmpose, '__file__',
                        str(tmp_path / 'mmpose/__init__.py'))
    monkeypatch.chdir(tmp_path)
    return tmp_path / 'mmpose/.mim'


def told(capsys) -> list:
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize('name', ['train.py', 'test.py'])
def test_our_tools_have_the_arguments_of_mmpose(name, monkeypatch, capsys):
    theirs = Path(mmpose.__file__).parent / '.mim/tools' / name
    if not theirs.is_file():
        theirs = Path(mmpose.__file__).parents[1] / 'tools' / name
    helps = []
    for script in (theirs, ROOT / 'tools' / name):
        monkeypatch.setattr(sys, 'argv', [name, '--help'])
        with pytest.raises(SystemExit):
            runpy.run_path(str(script), run_name='__main__')
        helps.append(capsys.readouterr().out)
    assert helps[0] == helps[1] and '--cfg-options' in helps[0]


@pytest.mark.parametrize('script, found', [
    ('train.py', 'tools/train.py'),
    ('tools/train.py', 'tools/train.py'),
    ('browse.py', 'tools/misc/browse.py'),
    ('misc/browse.py', 'tools/misc/browse.py'),
    ('train_demo.py', 'demo/train_demo.py'),
])
def test_a_script_is_found_by_the_end_of_its_path(script, found, installed,
                                                  capsys):
    run_script(script, ['--help'])
    assert told(capsys)[:2] == [str(installed / found), '--help']


def test_a_script_is_found_in_a_clone(installed, capsys):
    (installed / 'tools').rename(installed.parents[1] / 'tools')
    run_script('misc/browse.py', [])
    assert told(capsys) == [str(installed.parents[1] / 'tools/misc/browse.py')]


def test_mmpose_without_scripts_is_told(installed):
    (installed / 'tools').rename(installed / 'nowhere')
    with pytest.raises(FileNotFoundError, match='from its wheel'):
        run_script('train.py', [])


def test_a_script_of_ones_own_imports_what_lies_beside_it(installed, capsys):
    folder = Path('own')
    folder.mkdir()
    (folder / 'a_helper_beside.py').write_text('WORD = "beside"\n')
    (folder / 'own.py').write_text(
        'import sys\nimport a_helper_beside\n'
        'print(a_helper_beside.WORD, sys.argv[1:])\n')
    run_script('own/own.py', [NAME.upper(), '--out', 'a'])
    assert capsys.readouterr().out == (
        f"beside ['{NAME.upper()}', '--out', 'a']\n")


def test_a_name_alone_is_mmposes_and_a_path_ones_own(installed, capsys):
    Path('browse.py').write_text('print("own")\n')
    Path('other.py').write_text('print("other")\n')
    run_script('browse.py', [])
    assert told(capsys) == [str(installed / 'tools/misc/browse.py')]
    run_script('./browse.py', [])
    run_script('other.py', [])
    assert capsys.readouterr().out == 'own\nother\n'


def test_a_misspelt_script_is_told(installed):
    with pytest.raises(ValueError, match=r"'brwse.py'.*: browse.py"):
        run_script('brwse.py', [])
    (installed / 'demo/browse.py').touch()
    with pytest.raises(
            ValueError,
            match='not one of .*: tools/misc/browse.py, demo/browse.py'):
        run_script('browse.py', [])


@pytest.mark.parametrize('script', ['train.py', 'browse.py'])
def test_a_config_may_be_a_name(script, installed, capsys):
    run_script(script, [NAME, 'weights.pth'])
    assert told(capsys)[1:3] == [find_config(NAME), 'weights.pth']


def test_a_misspelt_config_is_told_before_a_run_of_it(installed, capsys):
    with pytest.raises(ValueError, match=f'{NAME}s.*{NAME}'):
        run_script('train.py', [f'{NAME}s'])
    run_script('browse.py', [f'{NAME}s'])  # it may mean something else there
    assert told(capsys)[1:] == [f'{NAME}s']


@pytest.mark.skipif(
    get_device() != 'cpu', reason='these arguments are for the CPU')
def test_on_a_cpu_runs_have_batch_norms_of_their_own(installed, capsys,
                                                     monkeypatch):
    groups = []
    monkeypatch.setattr(cpu_runs.dist, 'init_process_group', groups.append)
    config = find_config(NAME)
    run_script('train.py', [config])
    assert told(capsys)[2:] == ['--cfg-options', 'sync_bn=None']
    assert groups == []
    Path('a.pth').write_bytes(b'\x80 begins a checkpoint')
    run_script('test.py', [config, 'a.pth', '--launcher', 'pytorch'])
    added = told(capsys)[5:]
    assert added[:2] == ['--cfg-options', 'sync_bn=None']
    assert 'model_wrapper_cfg.device_ids=None' in added
    assert groups == ['gloo']
    run_script('browse.py', [config])
    assert told(capsys)[2:] == []


@pytest.mark.skipif(
    get_device() != 'cpu', reason='these arguments are for the CPU')
@pytest.mark.parametrize('name, options, found', [
    (NAME, [], False),
    (UNUSED, [], True),
    (UNUSED, ['find_unused_parameters=False'], False),
])
def test_processes_on_a_cpu_wait_for_the_same_gradients_as_on_gpus(
        name, options, found, installed, capsys, monkeypatch):
    monkeypatch.setattr(cpu_runs.dist, 'init_process_group', str)
    arguments = ['--launcher', 'pytorch', find_config(name)]
    if options:
        arguments += ['--cfg-options', *options]
    run_script('train.py', arguments)
    key = 'model_wrapper_cfg.find_unused_parameters'
    assert f'{key}={found}' in told(capsys)


def test_a_script_of_mmpose_runs_where_mmcv_has_no_ops(tmp_path):
    """In a process that has imported nothing before."""
    done = subprocess.run([
        sys.executable, '-c',
        'from mmpose_pinet.apis.mmpose_scripts import run_script\n'
        f'run_script("print_config.py", ["{NAME}"])'
    ],
                          cwd=tmp_path,
                          capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"type='PINetHead'", done.stdout)
