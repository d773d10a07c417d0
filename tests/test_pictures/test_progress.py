"""How far long work is, where a person sees it."""
import io
import sys

import pytest

from mmpose_pinet.pictures import progress
from mmpose_pinet.pictures.progress import show_progress


class Terminal(io.StringIO):

    def isatty(self):
        return True


@pytest.mark.parametrize('total', [3, None])
def test_on_a_terminal(monkeypatch, total):
    monkeypatch.setattr(sys, 'stderr', Terminal())
    # a name in brackets is no style
    assert list(show_progress(iter('abc'), 'a[bold].jpg', total)) == [*'abc']
    assert 'a[bold].jpg' in sys.stderr.getvalue()


def test_without_rich_nothing_is_said(monkeypatch):
    monkeypatch.setattr(sys, 'stderr', Terminal())
    monkeypatch.setattr(progress, 'find_spec', lambda name: None)
    assert list(show_progress(iter('abc'), 'name', 3)) == [*'abc']
    assert sys.stderr.getvalue() == ''


def test_elsewhere_nothing_is_said(capsys):
    assert list(show_progress(iter('abc'), 'name', 3)) == [*'abc']
    assert capsys.readouterr() == ('', '')
