"""A training is resumed from the newest checkpoint that is whole."""
import logging
from pathlib import Path

import pytest
import torch

from mmpose_pinet.engine.last_checkpoint import mend_last_checkpoint

LOGGER = logging.getLogger('last checkpoint')


@pytest.fixture
def folder(tmp_path):
    """Two checkpoints that are whole, and one that is cut off."""
    for epoch in (1, 2, 3):
        torch.save(
            dict(weight=torch.zeros(1000), epoch=epoch),
            tmp_path / f'epoch_{epoch}.pth')
    last = tmp_path / 'epoch_3.pth'
    last.write_bytes(last.read_bytes()[:2000])
    return tmp_path


def mended(folder, named):
    """What ``last_checkpoint`` names after mending, in place of ``named``."""
    pointer = folder / 'last_checkpoint'
    if named is not None:
        pointer.write_bytes(named)
    mend_last_checkpoint(pointer, sorted(folder.glob('*.pth'), reverse=True),
                         LOGGER)
    return pointer.read_text() if pointer.exists() else None


@pytest.mark.parametrize(
    'named, reason',
    [
        (b'', 'last_checkpoint is empty'),
        (b' \n', 'last_checkpoint is empty'),
        (None, 'last_checkpoint is empty or not there'),
        (b'epoch_9.pth', 'epoch_9.pth is not there'),
        (b'\x00\xff', ''),  # what a power cut leaves
    ])
def test_a_name_of_nothing(folder, named, reason, caplog):
    assert mended(folder, named) == str(folder / 'epoch_2.pth')
    assert reason in caplog.text
    assert 'epoch_3.pth is cut off' in caplog.text


def test_a_checkpoint_that_is_cut_off(folder, caplog):
    named = str(folder / 'epoch_3.pth').encode()
    assert mended(folder, named) == str(folder / 'epoch_2.pth')
    assert 'epoch_3.pth is cut off' in caplog.text


@pytest.mark.parametrize('named', ['epoch_1.pth', 's3://there/epoch_1.pth'])
def test_what_is_right_or_elsewhere_stays(folder, named, caplog):
    if '://' not in named:
        named = str(folder / named)
    assert mended(folder, named.encode()) == named
    assert caplog.text == ''


def test_nothing_yet(tmp_path):
    assert mended(tmp_path, None) is None
    assert mended(tmp_path, b'') == ''


def test_nothing_whole_is_an_error(folder):
    for epoch in (1, 2):
        (folder / f'epoch_{epoch}.pth').write_bytes(b'')
    with pytest.raises(ValueError) as error:
        mended(folder, None)
    text = str(error.value)
    assert text.startswith(f'{folder} has no whole checkpoint to resume from')
    assert 'start afresh without --resume' in text
    for file in Path(folder).glob('*.pth'):
        assert f'- {file} is ' in text
