"""How far long work is, where a person sees it."""
import io
import sys

import pytest

from mmpose_pinet.apis.progress import show_progress


class Terminal(io.StringIO):

    def isatty(self):
        return True


@pytest.mark.parametrize('total', [3, None])
def test_on_a_terminal(monkeypatch, total):
    monkeypatch.setattr(sys, 'stderr', Terminal())
    # a name in brackets is no style
    assert list(show_progress(iter('abc'), 'a[bold].jpg', total)) == [*'abc']
    assert 'a[bold].jpg' in sys.stderr.getvalue()


def test_elsewhere_nothing_is_said(capsys):
    assert list(show_progress(iter('abc'), 'name', 3)) == [*'abc']
    assert capsys.readouterr() == ('', '')
