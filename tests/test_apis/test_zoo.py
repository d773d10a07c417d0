"""Configs by name, and what the metafiles tell of them."""
import argparse
from pathlib import Path

import pytest
from mmengine.config import Config

from mmpose_pinet.apis.zoo import config_files, find_config, models

ROOT = Path(__file__).parents[2]
NAME = 'pinet_hrnet-w32_ochuman'


def test_every_config_of_the_repository_has_a_name_of_its_own():
    files = [
        file for file in (ROOT / 'configs').rglob('*.py')
        if '_base_' not in file.parts
    ]
    assert sorted(config_files()) == sorted(file.stem for file in files)
    for file in files:
        assert Path(find_config(file.stem)).samefile(file)


def test_a_config_found_by_name_loads():
    assert Config.fromfile(find_config(NAME)).model.head.type == 'PINetHead'


def test_a_path_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('a.py').touch()
    Path(NAME).mkdir()  # a folder of that name, as training leaves one
    assert find_config('a.py') == 'a.py'
    assert find_config(str(tmp_path / 'a.py')) == str(tmp_path / 'a.py')
    assert Path(find_config(NAME)).name == f'{NAME}.py'


@pytest.mark.parametrize('config, error', [
    (f'{NAME}s', f"No config has the name '{NAME}s'.*: {NAME},"),
    (f'{NAME}.py', rf"There is no file '{NAME}.py'.*: {NAME},"),
    (f'configs/pinet/{NAME}', f"no file 'configs/pinet/{NAME}'.*: {NAME},"),
    ('?', "No config has the name '[?]'.*: pinet models lists them"),
])
def test_an_unknown_config_is_told(config, error, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=error):
        find_config(config)


def test_a_tool_tells_an_unknown_config_in_one_line(capsys):
    parser = argparse.ArgumentParser()
    parser.add_argument('config', type=find_config)
    with pytest.raises(SystemExit):
        parser.parse_args([f'{NAME}s'])
    assert 'argument config: No config has' in capsys.readouterr().err


def test_every_config_stands_in_a_metafile_once():
    known = models()
    assert sorted(model['Name'] for model in known) == sorted(config_files())
    for model in known:
        path = Path(find_config(model['Name']))
        assert path.samefile(ROOT / model['Config'])
        # MMPose's inferencer asks for the key
        assert model['Weights'] is None


def test_the_papers_numbers_are_told():
    model, = (model for model in models() if model['Name'] == NAME)
    assert model['Results'][0]['Metrics']['AP (paper)'] == 0.598  # Table 1
