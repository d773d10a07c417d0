"""The command that draws a crowd, and the line that it sums it up with."""
import json
import re
import runpy
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / 'tools/dataset_converters/draw_crowd.py'


def run_tool(monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(TOOL), run_name='__main__')
    return ended.value.code


def test_tool_draws_and_sums_up(tmp_path, monkeypatch, capsys):
    assert run_tool(monkeypatch, tmp_path, '--num', 4, '--image-size', 128,
                    '--split', 'val', '--workers', 1) == 0
    assert '4 images' in capsys.readouterr().out
    assert len(list((tmp_path / 'val').glob('*.jpg'))) == 4
    assert (tmp_path / 'annotations/val.json').is_file()


def test_tool_refuses_a_file_as_folder(tmp_path, monkeypatch, capsys):
    (tmp_path / 'file').touch()
    assert run_tool(monkeypatch, tmp_path / 'file') == 2
    assert 'is a file' in capsys.readouterr().err


def test_easy_and_hard_are_the_evaluators(tmp_path):
    """0.15 is easy to xtcocotools (not to the CrowdPose paper), 0.2 medium
    and 0.8 hard."""
    ann_file = tmp_path / 'crowd.json'
    indices = [0, .15, .2, .5, .8]
    box = [0, 0, 4, 4]
    ann_file.write_text(
        json.dumps(
            dict(
                images=[
                    dict(id=i, crowdIndex=index)
                    for i, index in enumerate(indices)
                ],
                annotations=[
                    dict(image_id=i, bbox=box) for i in range(5)
                    for _ in range(2)
                ])))
    summary = runpy.run_path(str(TOOL))['summarise'](ann_file)
    assert re.findall(r'(easy|medium|hard) (\d+)%',
                      summary) == [('easy', '40'), ('medium', '40'),
                                   ('hard', '20')]
