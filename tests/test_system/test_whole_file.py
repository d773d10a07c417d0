"""A file is there whole, or as it was."""
import pytest

from mmpose_pinet.system.whole_file import (remove_unfinished,
                                            replaced_when_whole)


def test_a_file_appears_when_it_is_whole(tmp_path):
    place = tmp_path / 'new/a.txt'
    with replaced_when_whole(place) as unfinished:
        unfinished.write_text('half')
        assert not place.exists()
    assert place.read_text() == 'half'
    assert list(place.parent.iterdir()) == [place]


def test_what_was_there_stays_if_writing_fails(tmp_path):
    place = tmp_path / 'a.txt'
    place.write_text('before')
    with pytest.raises(RuntimeError, match='the disk is full'):
        with replaced_when_whole(place) as unfinished:
            unfinished.write_text('half')
            raise RuntimeError('the disk is full')
    assert place.read_text() == 'before'
    assert list(tmp_path.iterdir()) == [place]


def test_what_a_killed_process_left_is_removed(tmp_path):
    for name in ('.a.txt.12', '.a.txt.bak', 'b.txt.12', '.c.jpg.12'):
        (tmp_path / name).write_text('')
    remove_unfinished(tmp_path, '*.txt')
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        '.a.txt.bak', '.c.jpg.12', 'b.txt.12'
    ]
