"""The command `pinet`."""
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from random_weights import TINY, save_random_weights

from mmpose_pinet import __version__, cli
from mmpose_pinet.datasets.drawn import draw_image

COMMANDS = [
    'predict', 'train', 'test', 'run', 'convert', 'report', 'check-data',
    'models'
]


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    return save_random_weights(tmp_path_factory.mktemp('weights') / 'a.pth')


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / 'photographs'
    folder.mkdir()
    for number in range(2):
        image, _ = draw_image(np.random.default_rng(number), 96)
        cv2.imwrite(str(folder / f'{number}.jpg'), image)
    return folder


def predict(*arguments):
    return cli.main([
        'predict', *map(str, arguments), '--model', TINY.stem, '--device',
        'cpu'
    ])


def test_predict(photographs, weights, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert predict(photographs, '--weights', weights, '--batch-size', 2) == 0
    said = capsys.readouterr()
    assert re.fullmatch(r'\d+ persons in 2 pictures, written to poses\n',
                        said.out)
    assert sorted(file.name for file in Path('poses').iterdir()) == [
        '0.jpg', '0.jpg.json', '1.jpg', '1.jpg.json'
    ]
    assert predict(photographs / '0.jpg', '--weights', weights, '--out', 'one',
                   '--score-thr', 2) == 0
    assert capsys.readouterr().out == 'nobody in 0.jpg, written to one\n'


def test_as_a_module(photographs, weights, tmp_path):
    """Also calm: nothing on stderr where that is no terminal."""
    done = subprocess.run([
        sys.executable, '-m', 'mmpose_pinet', 'predict', photographs / '0.jpg',
        '--model', TINY, '--weights', weights, '--device', 'cpu', '--out',
        tmp_path / 'out'
    ],
                          capture_output=True,
                          text=True)
    assert (done.returncode, done.stderr) == (0, '')
    assert re.match(r'\d+ persons? in 0.jpg, best score 0\.\d\d', done.stdout)


@pytest.mark.parametrize('arguments, complaint', [
    (['photographs'], 'has no weights'),
    (['photographs', '--weights', 'none.pth'], 'none.pth'),
    (['none.jpg', '--weights', None], 'none.jpg is no file'),
    (['*.gif', '--weights', None], 'no file matches'),
    (['99', '--weights', None], 'webcam 99 cannot be read'),
])
def test_errors_are_one_line(photographs, weights, monkeypatch, capfd,
                             arguments, complaint):
    monkeypatch.chdir(photographs.parent)
    arguments = [weights if word is None else word for word in arguments]
    assert predict(*arguments) == 2
    said = capfd.readouterr()
    last = said.err.splitlines()[-1]
    assert last.startswith('pinet: ') and complaint in last
    assert 'Traceback' not in said.err and said.out == ''


def test_arguments_of_other_kinds_of_models(photographs, capsys):
    for model, *more in (['a.onnx', '--weights',
                          'w.pth'], ['a.onnx', '--device', 'cpu'],
                         [TINY.stem, '--engine',
                          'openvino'], [TINY.stem, '--threads', '2']):
        assert cli.main(['predict',
                         str(photographs), '--model', model, *more]) == 2
        line, = capsys.readouterr().err.splitlines()
        assert f'takes no {more[0][2:]}: ' in line


def test_a_bug_shows_its_traceback(monkeypatch):
    """An error that this package did not raise is not explained by it."""
    monkeypatch.setattr(cli, '_models', lambda args: np.zeros(2).reshape(3))
    with pytest.raises(ValueError, match='reshape'):
        cli.main(['models'])
    monkeypatch.setattr(cli, '_models',
                        lambda args: exec('import no_such_module'))
    with pytest.raises(ImportError):
        cli.main(['models'])


def test_models(capsys):
    assert cli.main(['models']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].endswith("THE PAPER'S AP")
    row, = [
        line for line in lines if line.startswith('pinet_hrnet-w32_ochuman ')
    ]
    assert row.split() == ['pinet_hrnet-w32_ochuman', 'OCHuman', '59.8']


@pytest.mark.parametrize('typed, script, arguments', [
    ('train CONFIG --amp --work-dir w', 'train.py',
     ['CONFIG', '--amp', '--work-dir', 'w']),
    ('test CONFIG ckpt.pth --help', 'test.py',
     ['CONFIG', 'ckpt.pth', '--help']),
    ('run misc/browse_dataset.py a.py --mode original',
     'misc/browse_dataset.py', ['a.py', '--mode', 'original']),
])
def test_scripts_get_their_arguments(monkeypatch, typed, script, arguments):
    from mmpose_pinet.apis import mmpose_scripts
    called = []
    monkeypatch.setattr(mmpose_scripts, 'run_script',
                        lambda *args: called.append(args))
    assert cli.main(typed.split()) == 0
    assert called == [(script, arguments)]


def test_help(capsys):
    """Each command has its line in the list, and an example of its own."""

    def shown(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main([*arguments, '--help'])
        assert end.value.code == 0
        return capsys.readouterr().out

    page = shown()
    for command in COMMANDS:
        assert re.search(rf'^    {command}\s', page, re.M)
        assert f'example:\n  pinet {command}' in shown(command)


def test_version_and_wrong_arguments(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(['--version'])
    assert end.value.code == 0
    assert capsys.readouterr().out == f'{__version__}\n'
    for wrong in ['nothing'], [], ['predict'], ['models', '--all']:
        with pytest.raises(SystemExit) as end:
            cli.main(wrong)
        assert end.value.code == 2
        assert 'usage: pinet' in capsys.readouterr().err


def test_check_data_reads_options_as_train_does(monkeypatch):
    seen = []
    monkeypatch.setattr(
        'mmpose_pinet.apis.check_data.main',
        lambda config, options: seen.append((config, options)) or 1)
    assert cli.main(['check-data', 'a.py']) == 1
    cli.main(['check-data', 'a.py', '--cfg-options', 'b.c=[1,x]', 'd=2.5'])
    assert seen == [('a.py', {}), ('a.py', {'b.c': [1, 'x'], 'd': 2.5})]
