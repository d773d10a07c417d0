"""Results: what can be done with the persons of a picture."""
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

from mmpose_pinet.results import Result

NAMES = ('head', 'hand', 'foot')
SIZE = (120, 80)


def result_of(keypoints, scores, **kwargs):
    keypoints = np.array(keypoints, np.float32).reshape(-1, 3, 2)
    scores = np.array(scores, np.float32).reshape(-1, 3)
    corners = keypoints.min(1), keypoints.max(1)
    return Result(
        keypoints=keypoints,
        keypoint_scores=scores,
        bboxes=np.concatenate(corners, 1),
        bbox_scores=scores.mean(1),
        keypoint_names=NAMES,
        skeleton_links=((0, 1), (0, 2)),
        image_size=SIZE,
        **kwargs)


@pytest.fixture
def crowd():
    """Two persons of three keypoints."""
    return result_of(
        [[[10, 10], [30, 20], [10.5, 60]], [[80, 12], [60, 40], [110, 70]]],
        [[.9, .6, .3], [.4, .2, .01]],
        source='photographs/crowd.jpg')


def test_a_result_says_what_it_holds(crowd):
    assert len(crowd) == 2
    assert repr(crowd) == '2 persons in crowd.jpg, best score 0.60'
    assert repr(result_of([], [])) == 'nobody in a picture'
    of_a_video = result_of(
        crowd.keypoints[:1],
        crowd.keypoint_scores[:1],
        source='b.mp4',
        frame=7)
    assert repr(of_a_video) == '1 person in frame 7 of b.mp4, best score 0.60'


def test_a_name_gives_no_order_to_the_terminal(crowd):
    said = repr(replace(crowd, source='a/\x1b[2J\udcff\n.jpg'))
    assert ' in ?[2J??.jpg, ' in said


def test_persons_come_one_by_one(crowd):
    best, second = crowd
    assert best.score == pytest.approx(.6)
    assert best.keypoints.tolist() == [[10, 10], [30, 20], [10.5, 60]]
    assert second.bbox.tolist() == [60, 12, 110, 70]
    assert second.keypoint_scores[0] == np.float32(.4)


def test_it_needs_numpy_alone():
    """Nor does reading one from a file need more."""
    file = Path(__file__).parents[1] / 'mmpose_pinet/results.py'
    code = f'''
import sys
for name in 'torch', 'mmengine', 'mmcv', 'mmpose', 'mmpose_pinet', 'cv2':
    sys.modules[name] = None  # makes an import of it fail
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location('results', {str(file)!r})
module = sys.modules['results'] = module_from_spec(spec)
spec.loader.exec_module(module)
'''
    subprocess.run([sys.executable, '-c', code], check=True)


def test_coco_evaluates_them(crowd):
    """COCO's own evaluation finds each person where the annotation is."""
    found = crowd.to_coco(image_id=5)
    assert found[0]['keypoints'][3:6] == pytest.approx([30, 20, .6])
    assert found[1]['bbox'] == [60, 12, 50, 58]
    json.dumps(found)  # plain numbers

    truth = COCO()
    truth.dataset = dict(
        images=[dict(id=5, width=SIZE[0], height=SIZE[1])],
        categories=[dict(id=1, name='person', keypoints=NAMES)],
        annotations=[
            dict(
                id=i + 1,
                image_id=5,
                category_id=1,
                iscrowd=0,
                num_keypoints=3,
                area=2000,
                bbox=[0, 0, *SIZE],
                keypoints=np.insert(person.keypoints, 2, 2, 1).ravel())
            for i, person in enumerate(crowd)
        ])
    truth.createIndex()
    truth.anno_file = ['']
    evaluation = COCOeval(truth, truth.loadRes(found), 'keypoints',
                          np.full(3, .05))
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1)


def test_what_is_written_is_read_again(crowd, tmp_path):
    file = tmp_path / 'crowd.json'
    crowd.save_json(file)
    again = Result.load_json(file)
    for key in 'keypoints', 'keypoint_scores', 'bboxes', 'bbox_scores':
        one, other = getattr(crowd, key), getattr(again, key)
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=5e-4)
    for key in ('keypoint_names', 'skeleton_links', 'image_size', 'source',
                'frame'):
        assert getattr(crowd, key) == getattr(again, key)

    nobody = result_of([], [])
    nobody.save_json(file)
    assert Result.load_json(file).keypoints.shape == (0, 3, 2)


def test_the_file_is_as_documented(crowd, tmp_path):
    crowd.save_json(tmp_path / 'a.json')
    written = json.loads((tmp_path / 'a.json').read_text())
    assert written['persons'].pop() == dict(
        score=.203333,
        bbox=[60, 12, 110, 70],
        keypoints=[[80, 12], [60, 40], [110, 70]],
        keypoint_scores=[.4, .2, .01])
    assert len(written.pop('persons')) == 1
    assert written == dict(
        source='photographs/crowd.jpg',
        frame=None,
        image_size=[120, 80],
        keypoint_names=['head', 'hand', 'foot'],
        skeleton_links=[[0, 1], [0, 2]])


@pytest.mark.parametrize('text', ['no json', '{}', '[1]', 'null'])
def test_another_file_is_refused_by_name(tmp_path, text):
    (tmp_path / 'other.json').write_text(text)
    with pytest.raises(ValueError, match='other.json holds no result'):
        Result.load_json(tmp_path / 'other.json')


def test_drawing(crowd):
    image = np.full((*SIZE[::-1], 3), 200, np.uint8)
    before = image.copy()
    drawn = crowd.plot(image)
    assert (image == before).all()

    def colours(*points):
        return np.array([drawn[y, x] for x, y in points], int)

    # keypoints and the middles of links have their person's colour, but for
    # the smoothing of edges
    best = colours((10, 10), (30, 20), (20, 15))
    second = colours((80, 12), (60, 40), (70, 26))
    for person in best, second:
        assert np.abs(person - person[0]).max() < 40
        assert np.abs(person - 200).max(1).min() > 100
    assert np.abs(best - second).max(1).min() > 100
    # no link joins hand and foot; a keypoint that is a guess is left out
    assert (colours((20, 40), (110, 70), (95, 41)) == 200).all()


def test_the_best_person_lies_on_top():
    both = result_of([[[10, 10], [30, 20], [10, 60]]] * 2,
                     [[.9, .9, .9], [.5, .5, .5]])
    best = result_of(both.keypoints[:1], both.keypoint_scores[:1])
    image = np.zeros((*SIZE[::-1], 3), np.uint8)
    assert (both.plot(image)[10, 10] == best.plot(image)[10, 10]).all()


def test_the_picture_is_read_again(crowd, tmp_path):
    image = np.full((*SIZE[::-1], 3), 90, np.uint8)
    source = str(tmp_path / 'a.png')
    cv2.imwrite(source, image)
    found = result_of(crowd.keypoints, crowd.keypoint_scores, source=source)
    drawn = found.plot(path=tmp_path / 'drawn.png')
    assert (drawn == crowd.plot(image)).all()
    assert (cv2.imread(str(tmp_path / 'drawn.png')) == drawn).all()


def test_what_cannot_be_drawn(crowd, tmp_path):
    image = np.zeros((*SIZE[::-1], 3), np.uint8)
    with pytest.raises(ValueError, match=r'plot\(image\)'):
        result_of(crowd.keypoints, crowd.keypoint_scores).plot()
    with pytest.raises(ValueError, match=r'plot\(image\)'):
        result_of([], [], source='b.mp4', frame=3).plot()
    with pytest.raises(ValueError, match='crowd.jpg cannot be read'):
        crowd.plot()
    with pytest.raises(ValueError, match=r'\(120, 80\).*\(80, 120\)'):
        crowd.plot(image.transpose(1, 0, 2))
    for path in 'a.unknown', 'no/such/folder/a.png':
        with pytest.raises(ValueError, match='cannot be written'):
            crowd.plot(image, tmp_path / path)


def test_supervision(crowd, monkeypatch):
    """The call is that of supervision 0.30; the package itself is large, and
    older versions bring an OpenCV that clashes with the headless one."""
    monkeypatch.setitem(sys.modules, 'supervision',
                        SimpleNamespace(KeyPoints=dict))
    points = crowd.to_supervision()
    assert set(points) == {
        'xy', 'class_id', 'keypoint_confidence', 'detection_confidence'
    }
    assert points['xy'].shape == (2, 3, 2)
    assert points['detection_confidence'].tolist() == crowd.bbox_scores.tolist(
    )
    assert points['keypoint_confidence'].dtype == np.float32

    monkeypatch.setitem(sys.modules, 'supervision', None)
    with pytest.raises(ImportError, match='pip install "supervision>=0.30"'):
        crowd.to_supervision()


# Identities


def test_identities_are_written_and_read(crowd, tmp_path):
    tracked = replace(crowd, ids=np.array([7, 2]))
    assert [person.id for person in tracked] == [7, 2]
    assert [person.id for person in crowd] == [None, None]
    tracked.save_json(tmp_path / 'a.json')
    again = Result.load_json(tmp_path / 'a.json')
    np.testing.assert_array_equal(again.ids, [7, 2])
    assert 'id' not in crowd.to_dict()['persons'][0]


def test_colour_and_number_are_those_of_the_identity(crowd):
    """Whoever comes first: the order of persons changes from frame to frame,
    and the one on top covers the other."""
    image = np.zeros((80, 120, 3), np.uint8)
    one = replace(crowd, ids=np.array([7, 2])).plot(image)
    turned = replace(
        crowd,
        ids=np.array([2, 7]),
        **{
            name: getattr(crowd, name)[::-1]
            for name in ('keypoints', 'keypoint_scores', 'bboxes',
                         'bbox_scores')
        }).plot(image)
    np.testing.assert_array_equal(one, turned)
    other = replace(crowd, ids=np.array([3, 2])).plot(image)
    changed = (one != other).any(-1)
    assert changed[:, :50].any() and not changed[:, 55:].any()
    # and a number stands where an untracked person has none
    plain = crowd.plot(image).any(-1)
    assert (one.any(-1) & ~plain).sum() > 10


def test_nobody_has_no_identity():
    nobody = replace(result_of([], []), ids=np.zeros(0, int))
    assert list(nobody) == [] and nobody.to_dict()['persons'] == []
    nobody.plot(np.zeros((80, 120, 3), np.uint8))
