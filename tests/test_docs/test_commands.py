"""The commands of the pages: their own parsers understand each of them.

They are not run to the end, most train for days. Each script and command is
started with the arguments of the page, and stopped once it has read them.
"""
import argparse
import re
import runpy
import sys
from pathlib import Path

import pytest
from mmengine.config import Config
from pages import PAGES, ROOT, commands, pages_with, read, saved_files

import mmpose_pinet
from mmpose_pinet import cli
from mmpose_pinet.apis import mmpose_scripts
from mmpose_pinet.apis.mmpose_scripts import run_script
from mmpose_pinet.apis.zoo import find_config

# Programs whose arguments are not looked at.
OTHERS = {
    '.', 'apt', 'git', 'mim', 'pip', 'python3', 'python3.11', 'python3.13',
    'sed', 'tar', '.ci/run', '.venv-build/bin/pip', '.venv-build/bin/python'
}
# What the scripts of the shell hand on to the tools of the same name.
HAND_ON = {
    'dist_train.sh':
    lambda config, gpus, *rest: [config, *rest],
    'dist_test.sh':
    lambda config, weights, gpus, *rest: [config, weights, *rest],
    'slurm_train.sh':
    lambda partition, job, config, folder, *rest:
    [config, f'--work-dir={folder}', *rest],
    'slurm_test.sh':
    lambda partition, job, *rest: [*rest],
}


class Understood(Exception):
    """Ends a program that has read its arguments."""


@pytest.fixture
def stop(monkeypatch):
    """Programs end as soon as they have read their arguments."""
    parse = argparse.ArgumentParser.parse_args

    def parse_and_stop(self, *args, **kwargs):
        raise Understood(parse(self, *args, **kwargs))

    monkeypatch.setattr(argparse.ArgumentParser, 'parse_args', parse_and_stop)
    # checkpoints are the reader's
    monkeypatch.setattr(mmpose_scripts, 'check_checkpoint_file', str)
    monkeypatch.setattr(sys, 'argv', sys.argv)
    monkeypatch.setattr(sys, 'path', list(sys.path))


def arguments_of(call, *args):
    with pytest.raises(Understood) as understood:
        call(*args)
    return understood.value.args[0]


def check_pinet(words):
    args = arguments_of(cli.main, words)
    if hasattr(args, 'script'):  # it hands the rest on to a script
        rest = args.arguments
        if hasattr(args, 'config'):
            rest = [find_config(args.config), *rest]
        args = arguments_of(run_script, args.script, rest)
    check_options(args)


def check_tool(file, words):
    sys.argv = [file, *words]
    sys.path.insert(0, str(Path(file).parent))
    check_options(arguments_of(runpy.run_path, file, {}, '__main__'))


def check_options(args):
    """``--cfg-options`` change what is there, or add to it."""
    options = getattr(args, 'cfg_options', None)
    if not options or not getattr(args, 'config', None):
        return
    cfg = Config.fromfile(find_config(str(args.config)))
    for option in options:
        place, key = cfg, option.partition('=')[0]
        for name in key.split('.')[:-1]:
            if name == 'init_cfg':  # may be given where there is none
                break
            place = place[int(name) if name.isdecimal() else name]


def check(words):
    program, *words = words
    if program in ('python', 'bash'):
        if words[:2] == ['-m', 'mmpose_pinet']:
            program, words = 'pinet', words[2:]
        elif words[0] == '-m':
            return
        else:
            program, *words = words
    if program == 'pinet':
        check_pinet(words)
    elif program.endswith('.py'):
        check_tool(program, words)
    elif Path(program).name in HAND_ON:
        assert Path(program).is_file()
        name = Path(program).name
        tool = re.search(r'_(\w+)', name)[1] + '.py'
        check_tool(f'tools/{tool}', HAND_ON[name](*words))
    elif program == 'make':
        targets = [word for word in words if '=' not in word]
        known = re.findall(r'^([\w-]+):', read('Makefile'), re.MULTILINE)
        assert set(targets) <= set(known)
    else:
        assert program in OTHERS, f'{program}: teach test_commands.py'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that looks like a clone, and holds what readers write."""
    for name in ('configs', 'demo', 'tools', '.ci'):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for page in PAGES:
        for name, code in saved_files(page).items():
            Path(name).write_text(code)


@pytest.mark.parametrize('page', pages_with('shell'), ids=str)
def test_commands_are_understood(page, folder, stop):
    for words in commands(page):
        words = [
            'configs/pinet/pinet_hrnet-w32_coco.py'
            if word == 'CONFIG' else word for word in words
        ]
        try:
            check(words)
        except (SystemExit, KeyError) as error:
            pytest.fail(f'{" ".join(words)}: {error!r}')


def test_the_wheel_is_named_by_its_version():
    version = mmpose_pinet.__version__
    for page in PAGES:
        named = set(re.findall(r'mmpose_pinet-([\d.]+\d)', read(page)))
        assert named <= {version}, page
    assert f'version: {version}\n' in read('CITATION.cff')


@pytest.mark.parametrize('line', [
    'pinet fly',
    'pinet train pinet_hrnet-w32_ochumen',
    'pinet train pinet_hrnet-w32_ochuman --fast',
    'pinet run print_confg.py',
    'python tools/train.py pinet_hrnet-w32_coco --cfg-options modl.head.a=1',
    'python tools/none.py',
    'bash tools/dist_train.sh pinet_hrnet-w32_coco 8 --fast',
    'make coffee',
    'npm start',
])
def test_what_nobody_understands_is_found(line, folder, stop):
    with pytest.raises((SystemExit, Exception)) as error:
        check(line.split())
    assert error.type is not Understood
