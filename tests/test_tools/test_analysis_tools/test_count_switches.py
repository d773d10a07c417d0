"""Identity switches, counted by hand."""
import json

import numpy as np
import pytest

SCRIPT = 'analysis_tools/count_switches.py'
SIGMAS = np.full(17, .05)
AREA = 100.**2
POSE = np.random.default_rng(0).uniform(0, 100, (17, 2))


def truth_of(tool, **people):
    """A frame's true persons a, b, c at their x."""
    visible = np.full((17, 1), 2.)
    return {
        'abc'.index(name): tool['Truth'](np.hstack([POSE + [x, 0], visible]),
                                         AREA)
        for name, x in people.items()
    }


def found_of(*people):
    """Poses by identity, of pairs (identity, x)."""
    return {identity: POSE + [x, 0] for identity, x in people}


# (truth, found) of each frame -> persons, matched, missed, false, switches
CASES = {
    'nobody': ([({}, [])], (0, 0, 0, 0, 0)),
    'found under one identity': ([(dict(a=0), [(7, 1)]),
                                  (dict(a=5), [(7, 6)])], (2, 2, 0, 0, 0)),
    'under another one': ([(dict(a=0), [(7, 1)]),
                           (dict(a=5), [(8, 6)])], (2, 2, 0, 0, 1)),
    'under another one after a gap':
    ([(dict(a=0), [(7, 0)]), (dict(a=0), []),
      (dict(a=0), [(8, 0)])], (3, 2, 1, 0, 1)),
    'the same one after a gap': ([(dict(a=0), [(7, 0)]), (dict(a=0), []),
                                  (dict(a=0), [(7, 0)])], (3, 2, 1, 0, 0)),
    'two change places': ([(dict(a=0, b=500), [(1, 0), (2, 500)]),
                           (dict(a=0, b=500), [(2, 0),
                                               (1, 500)])], (4, 4, 0, 0, 2)),
    'two false ones, and one too far off':
    ([(dict(a=0), [(1, 300), (2, 900)])], (1, 0, 1, 2, 0)),
    'who is matched stays matched, though another lies closer':
    ([(dict(a=0), [(1, 0)]), (dict(a=0), [(1, 4), (2, 0)])], (2, 2, 0, 1, 0)),
    'a sum of two outweighs the best one':
    ([(dict(a=0, b=6), [(1, 5), (2, 11)])], (2, 2, 0, 0, 0)),
}


@pytest.mark.parametrize('case', CASES)
def test_counts(tool, case):
    frames, expected = CASES[case]
    counts = tool['count_switches']([truth_of(tool, **t) for t, _ in frames],
                                    [found_of(*f) for _, f in frames], SIGMAS)
    assert counts == expected


def test_mota(tool):
    assert tool['Counts'](10, 7, 3, 2, 1).mota == pytest.approx(.4)
    assert tool['Counts'](0, 0, 0, 0, 0).mota == 1


def test_oks_is_that_of_cocos_evaluation(tool):
    """A third of the labelled keypoints is off by twice the sigma times the
    root of the area: exp(-1/2); others, and those without a label, are not
    there."""
    joints = np.hstack([POSE, np.ones((17, 1))])
    joints[15:, 2] = 0
    found = POSE.copy()
    found[:5, 0] += 2 * .05 * 100
    found[15:] += 1000
    oks = tool['find_oks'](tool['Truth'](joints, AREA), found[None], SIGMAS)
    np.testing.assert_allclose(oks, [(10 + 5 * np.exp(-.5)) / 15])


@pytest.fixture
def files(tmp_path):
    joints = np.hstack([POSE, np.full((17, 1), 2)]).ravel().tolist()
    truth = dict(
        images=[dict(id=9, frame_id=1),
                dict(id=5, frame_id=0)],
        annotations=[
            dict(image_id=image, track_id=3, area=AREA, keypoints=joints)
            for image in (5, 9)
        ] + [dict(image_id=5, track_id=4, area=AREA, keypoints=[0] * 51)])
    found = dict(frames=[
        dict(persons=[dict(id=i, keypoints=POSE.tolist())]) for i in (1, 2)
    ])
    (tmp_path / 'truth.json').write_text(json.dumps(truth))
    (tmp_path / 'found.json').write_text(json.dumps(found))
    return tmp_path


@pytest.fixture
def run(tool, files, monkeypatch):

    def run():
        monkeypatch.setattr('sys.argv', [
            'a',
            str(files / 'truth.json'),
            str(files / 'found.json'),
        ])
        tool['main']()

    return run


def test_the_script(run, capsys):
    run()
    assert capsys.readouterr().out == (
        '1 identity switches in 2 frames; of 2 persons 2 found and 0 missed, '
        '0 false ones; MOTA 0.500\n')


@pytest.mark.parametrize('found, message', [
    (dict(frames=[]), 'the truth is about 2 frames, but 0'),
    (dict(frames=[dict(persons=[dict(keypoints=[])])] * 2), 'tracked video'),
    (dict(frames=[dict(persons=[dict(id=1, keypoints=[[0, 0]])])] * 2),
     r'persons of \[1, 17\] keypoints'),
    ([], 'tracked video'),
])
def test_files_that_do_not_fit(run, files, found, message):
    (files / 'found.json').write_text(json.dumps(found))
    with pytest.raises(ValueError, match=message):
        run()
