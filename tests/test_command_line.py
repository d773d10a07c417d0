"""How commands end: arguments that are wrong, bugs, pipes that close."""
import argparse
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from bad_arguments import list_tries
from mmengine.registry import Registry

from mmpose_pinet import command_line
from mmpose_pinet.command_line import BadArgument, run_command

ROOT = Path(__file__).parents[1]

# All command lines


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('bad_arguments')


@pytest.fixture(scope='module')
def tries(folder):
    return list(list_tries(folder))


def fault(bad, ended):
    """What is wrong with how a command line with one bad argument ended: it
    should be exit code 2 and, after argparse's usage, one line that names the
    argument."""
    if 'Traceback' in ended.stderr:
        return 'traceback'
    lines = ended.stderr.splitlines()
    # usage goes on in lines that are indented
    lines = [line for line in lines if not line.startswith(('usage: ', ' '))]
    if bad.is_finding:  # what `pinet check-data` is asked for
        return '' if ended.returncode == 1 and ended.stdout else 'not found'
    if ended.returncode != 2:
        return f'exit code {ended.returncode}'
    if len(lines) != 1:
        return f'{len(lines)} lines'
    # of an option its key is enough
    named = bad.bad.partition('=')[0] or bad.bad or 'empty'
    return '' if named in lines[0] else 'not named'


def faults(tries, folder, server):
    """Run command lines, and list those with a fault."""
    found = []
    for bad in tries:
        ended = server.run(bad.script, *bad.arguments, cwd=folder, limit=60)
        what = fault(bad, ended)
        if what:
            last = ended.stderr.splitlines()[-1:]
            found.append((what, bad.script, *bad.arguments, *last))
    return found


def test_each_kind_of_argument_of_each_command(tries, folder, server):
    """One bad one of each place, another at each."""
    places = {}
    for bad in tries:
        if not bad.is_late:
            places.setdefault((bad.script, bad.kind), []).append(bad)
    sample = [
        bads[number % len(bads)] for number, bads in enumerate(places.values())
    ]
    assert len(sample) > 60
    assert faults(sample, folder, server) == []


@pytest.mark.slow
def test_each_bad_argument_of_each_command(tries, folder, server, capsys):
    found = faults(tries, folder, server)
    with capsys.disabled():
        print(f'\n{len(tries)} command lines with a bad argument, '
              f'{len(found)} with a fault: '
              f'{dict(Counter(what for what, *_ in found))}')
    assert found == []


def test_the_table_has_every_command(tries):
    """And every tool that can be started."""
    scripts = {bad.script for bad in tries}
    startable = {
        file.relative_to(ROOT).as_posix()
        for room in ('tools', 'demo')
        for file in (ROOT / room).rglob('*.py')
        if "__name__ == '__main__'" in file.read_text()
    }
    assert startable and startable == scripts - {'mmpose_pinet/__main__.py'}


@pytest.mark.slow
@pytest.mark.parametrize('script, arguments', [
    ('tools/train.py', ['none.py']),
    ('tools/analysis_tools/plot_graph.py', ['none.pth']),
    ('tools/dataset_converters/draw_geckos.py', ['/proc/none']),
])
def test_a_process_of_its_own_ends_alike(script, arguments):
    done = subprocess.run([sys.executable, ROOT / script, *arguments],
                          capture_output=True,
                          text=True)
    assert done.returncode == 2
    assert 'none' in done.stderr.splitlines()[-1]
    assert 'Traceback' not in done.stderr


# The end of a command


def raised_here():
    raise ValueError('a.txt\nis no picture')


def test_what_is_raised_in_the_scripts_folder_is_told(monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', [__file__])
    assert run_command(raised_here) == 2
    assert capsys.readouterr().err == (
        'test_command_line.py: a.txt is no picture\n')
    # it is no script of that folder's
    monkeypatch.setattr(sys, 'argv', ['/usr/bin/other'])
    with pytest.raises(ValueError):
        run_command(raised_here)


def test_what_the_system_says_of_a_file_is_told(tmp_path, capsys):
    assert run_command(lambda: open(tmp_path / 'none'), 'a', []) == 2
    assert capsys.readouterr().err == (
        f'a: {tmp_path}/none: No such file or directory\n')


@pytest.mark.parametrize('bug', [
    lambda: int('one'),
    lambda: np.zeros(2).reshape(3),
    lambda: dict()['key'],
    lambda: exec('import no_such_module'),
    lambda: next(iter([])),
])
def test_bugs_show_their_traceback(monkeypatch, bug):
    """A builtin has no frame of its own: these look like raised here."""
    monkeypatch.setattr(sys, 'argv', [__file__])
    with pytest.raises((ValueError, KeyError, ImportError, StopIteration)):
        run_command(bug)


def test_what_a_registry_has_passed_on_is_told(monkeypatch, capsys):
    """MMEngine raises it again, with words of its own around."""
    things = Registry('thing')
    monkeypatch.setattr(sys, 'argv', [__file__])

    @things.register_module()
    class Thing:

        def __init__(self, told):
            if told:
                raise ValueError('a thing has no size of 3')
            np.zeros(2).reshape(3)

    assert run_command(
        lambda: things.build(dict(type='Thing', told=True))) == 2
    line, = capsys.readouterr().err.splitlines()
    assert line == 'test_command_line.py: a thing has no size of 3'
    with pytest.raises(ValueError, match='reshape'):
        run_command(lambda: things.build(dict(type='Thing', told=False)))


def test_exit_codes_are_the_commands(capsys):
    assert run_command(lambda: None, 'a', []) == 0
    assert run_command(lambda: 1, 'a', ['--out', 'b']) == 1
    assert run_command(lambda: 0, 'a', ['b', '--out', '']) == 2
    assert run_command(lambda: 0, 'a', ['']) == 2
    assert capsys.readouterr().err == ('a: the argument after --out is empty\n'
                                       'a: the first argument is empty\n')

    def stopped():
        raise KeyboardInterrupt

    assert run_command(stopped, 'a', []) == 130


@pytest.mark.parametrize('lines', [1, 100000])
def test_a_pipe_that_closes_ends_it_quietly(lines):
    """Whether it fills before the end or is written at the end."""
    done = subprocess.run([
        'bash', '-c',
        f'{sys.executable} -c "$0" | true; echo "${{PIPESTATUS[0]}}"', f"""
import runpy, sys, time
run = runpy.run_path({command_line.__file__!r})['run_command']
def main():
    time.sleep(0.3)
    for _ in range({lines}): print('line')
sys.exit(run(main))
"""
    ],
                          capture_output=True,
                          text=True)
    assert (done.stdout, done.stderr) == ('141\n', '')


def test_another_pipe_that_breaks_is_a_bug():
    code = ('import runpy, os\n'
            f'run = runpy.run_path({command_line.__file__!r})["run_command"]\n'
            'def broken():\n'
            '    read, write = os.pipe()\n'
            '    os.close(read)\n'
            '    os.write(write, b"a")\n'
            'run(broken)')
    done = subprocess.run([sys.executable, '-c', code],
                          capture_output=True,
                          text=True)
    assert done.returncode == 1
    assert 'BrokenPipeError' in done.stderr


# Arguments


def read(kind, text):
    parser = argparse.ArgumentParser()
    parser.add_argument('value', type=getattr(command_line, kind))
    return parser.parse_args(['--', text]).value


@pytest.mark.parametrize('kind, text, value', [
    ('count', '1', 1),
    ('natural', '0', 0),
    ('number', '-0.5', -0.5),
    ('name', 'train.v2', 'train.v2'),
    ('output_file', 'new/folder/a.json', 'new/folder/a.json'),
    ('output_file', 'there.png', 'there.png'),
    ('output_drawing', 'a.PNG', 'a.PNG'),
    ('output_folder', 'new/folder', 'new/folder'),
    ('output_folder', '.', '.'),
])
def test_good_arguments(tmp_path, monkeypatch, kind, text, value):
    monkeypatch.chdir(tmp_path)
    Path('there.png').touch()
    assert read(kind, text) == value
    assert [path.name for path in tmp_path.iterdir()] == ['there.png']


@pytest.mark.parametrize('kind, text, error', [
    ('count', '0', '0 must be 1 or more'),
    ('count', '1.0', "'1.0' is no whole number"),
    ('natural', '-1', '-1 must be 0 or more'),
    ('number', 'inf', 'inf is no finite number'),
    ('number', 'a', "'a' is no number"),
    ('name', '..', '.. is no name, but a path'),
    ('name', 'a/b', 'a/b is no name, but a path'),
    ('output_file', 'folder', 'folder is a folder: name a file'),
    ('output_file', 'file/a/b', 'file/a/b cannot be written: file is a file'),
    ('output_drawing', 'a', 'a is no name of a picture: it must end in'),
    ('output_folder', 'file', 'file cannot be written: file is a file'),
])
def test_bad_arguments(tmp_path, monkeypatch, capsys, kind, text, error):
    monkeypatch.chdir(tmp_path)
    Path('file').touch()
    Path('folder').mkdir()
    with pytest.raises(SystemExit) as end:
        read(kind, text)
    assert end.value.code == 2
    assert f'argument value: {error}' in capsys.readouterr().err


def test_what_is_read_only_is_refused(tmp_path, monkeypatch):
    """The tests may run as root, whom nothing is closed to."""
    monkeypatch.setattr(os, 'access', lambda place, mode: False)
    with pytest.raises(BadArgument, match=f'{tmp_path} is read-only'):
        command_line.output_file(str(tmp_path / 'new/a.json'))
