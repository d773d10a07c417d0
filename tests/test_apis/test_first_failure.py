"""Which process's error torchrun shows."""
import json

import pytest

from mmpose_pinet.apis import first_failure


def test_an_error_is_told_at_once_and_leaves_when_others_had_their_time(
        tmp_path, monkeypatch, capsys):
    waited = []
    monkeypatch.setattr(first_failure.time, 'sleep', waited.append)
    monkeypatch.setenv('RANK', '3')
    monkeypatch.setenv('TORCHELASTIC_ERROR_FILE', str(tmp_path / 'error.json'))
    # pytest has a fault handler of its own
    monkeypatch.setattr('faulthandler.enable', lambda **kwargs: None)

    @first_failure.tell_first_failure
    def fail(number):
        raise ValueError(f'number {number}')

    with pytest.raises(ValueError, match='number 7'):
        fail(7)
    assert capsys.readouterr().err == 'rank 3: ValueError: number 7\n'
    assert waited and waited[0] > 5  # torchrun's interval, in s
    # what torchrun reads for its summary
    told = json.loads((tmp_path / 'error.json').read_text())
    assert 'number 7' in told['message']['message']


def test_what_does_not_fail_returns_at_once(monkeypatch):
    monkeypatch.setattr('faulthandler.enable', lambda **kwargs: None)
    monkeypatch.setattr(first_failure.time, 'sleep', pytest.fail)
    assert first_failure.tell_first_failure(str.upper)('a') == 'A'
