"""The page of a report: its numbers, its data, and what it lets through."""
import json
import pickle
import re
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.registry import DefaultScope
from mmpose.registry import DATASETS
from planted import LEFT_WRIST, PLANTED
from reports import HOSTILE, Page, report
from small_set import CONFIG

from mmpose_pinet import cli
from mmpose_pinet.visualization.report.figures import crowd_curve

LABELS = ['<b>first</b> & $x_1$', "it's {{ 7 * 7 }}"]


@pytest.fixture(scope='module')
def folder(config, root, tmp_path_factory):
    folder = tmp_path_factory.mktemp('report')
    report(config, root, folder, 'first.pkl')
    return folder


@pytest.fixture(scope='module')
def page(folder):
    return Page((folder / 'index.html').read_text())


@pytest.fixture(scope='module')
def pair(config, root, tmp_path_factory):
    """Two runs, of names that are markup."""
    folder = tmp_path_factory.mktemp('pair')
    path = report(
        config, root, folder, 'first.pkl', 'second.json', labels=LABELS)
    return Page(path.read_text())


def test_the_page_has_the_planted_errors(page):
    for kind, number in PLANTED.items():
        shown, everywhere, without = page.row(kind)
        assert re.fullmatch(rf'{number} \([\d.]+ %\)', shown)
        assert everywhere == str(number)
        gain = float(re.search(r'\((.*)\)', without)[1])
        assert gain >= 0


def test_the_numbers_are_those_of_the_config_s_test(page, config, root):
    with DefaultScope.overwrite_default_scope('mmpose'):
        dataset = DATASETS.build({
            **config.test_dataloader.dataset, 'pipeline': []
        })
        evaluator = Evaluator(config.test_evaluator)
        evaluator.dataset_meta = dataset.metainfo
        evaluator.process(pickle.loads((root / 'first.pkl').read_bytes()))
        metrics = evaluator.evaluate(len(dataset))
    names = ('AP', 'AP .5', 'AP .75', 'AR', 'AP(E)', 'AP(M)', 'AP(H)')
    assert page.row('first') == [
        f'{100 * metrics[f"coco/{name}"]:.1f}' for name in names
    ]


def test_the_data_are_what_was_planted(page, planted):
    data = page.data
    assert data['runs'] == ['first'] and len(data['joints']) == 17
    images = {image['name']: image for image in data['images']}
    assert set(images) == {image['file_name'] for image in planted.images}
    for id_, error in planted.errors.items():
        image = images[planted.images[id_ - 1]['file_name']]
        run, = image['runs']
        found = [p for p in planted.poses if p['image_id'] == id_]
        found.sort(key=lambda pose: -pose['score'])
        np.testing.assert_allclose(
            [pose['points'] for pose in run['poses']],
            np.reshape([pose['keypoints'] for pose in found],
                       (-1, 17, 3))[..., :2],
            atol=0.051)
        letters = ''.join(pose['letters'] for pose in run['poses'])
        assert letters.count(error[:1] or '?') == {
            'jitter': 1,
            'inversion': 2,
            'swap': 2,
            'miss': 1
        }.get(error, letters.count(error[:1] or '?'))
        assert run['missed'] == ([1] if error == 'missed' else [])
    jitter, = images['2.png']['runs']
    assert jitter['poses'][0]['letters'][LEFT_WRIST] == 'j'
    assert jitter['poses'][0]['oks'] == round((16 + .7) / 17, 3)
    # of two persons
    assert jitter['oks'] == round(((16 + .7) / 17 + 1) / 2, 3)
    assert images['7.png']['runs'][0]['oks'] == 0.5


def test_the_axis_of_crowding_tells_the_edges_of_bins():
    """A number stands as far to the right as it says."""
    edges = [0, 0.1, 0.15, 0.6, 1]
    run = SimpleNamespace(
        name='a', curve=[SimpleNamespace(AP=0.5) for _ in edges[1:]])
    plotted = Page(crowd_curve([run], edges, 'mean_iou')).plotted
    names = [text for _, text in plotted]
    axis = plotted[:names.index('crowding')]
    values, places = np.array([(float(text), float(attributes['x']))
                               for attributes, text in axis]).T
    assert values.tolist() == [0, 0.1, 0.6, 1]  # no room for 0.15
    shares = (places - places[0]) / (places[-1] - places[0])
    np.testing.assert_allclose(values, shares, atol=1e-4)


def test_pictures_lie_beside_the_page(page, folder, planted):
    for image in page.data['images']:
        if image['name'] == HOSTILE:
            assert image['src'] is None
            continue
        picture = cv2.imread(str(folder / image['src']))
        assert picture.shape[:2] == (image['height'], image['width'])
        id_ = int(Path(image['name']).stem)
        assert abs(picture.mean() - 25 * id_) < 2


def test_nothing_is_asked_of_the_network(folder, page):
    text = (folder / 'index.html').read_text()
    assert set(re.findall(r'https?://[\w./]+', text)) <= {
        'http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xlink'
    }  # names, not addresses
    assert not re.search(r'@import|url\((?!#)', text)
    for tag, attributes in page.elements:
        assert tag not in ('link', 'iframe', 'object', 'base', 'img')
        assert 'src' not in attributes
        target = attributes.get('href') or attributes.get('xlink:href') or '#'
        assert target.startswith('#')


def test_names_are_text(pair, planted):
    assert pair.data['runs'] == LABELS
    assert HOSTILE in [image['name'] for image in pair.data['images']]
    tags = [tag for tag, _ in pair.elements]
    assert tags.count('script') == 2
    assert 'b' not in {
        tag
        for tag, attributes in pair.elements if 'onerror' in attributes
    }
    assert '<b>first</b>' in pair.texts['h1'] and '{{ 7' in pair.texts['h1']
    assert not any('onerror' in attributes for _, attributes in pair.elements)


def test_two_runs_stand_side_by_side(pair):
    first, second = pair.row(LABELS[0]), pair.row(LABELS[1])
    assert float(first[0]) > float(second[0])
    assert pair.row('missed person')[1] == '1'
    assert pair.row('missed person')[4] == '3'
    image, = (i for i in pair.data['images'] if i['name'] == '1.png')
    assert [run['oks'] for run in image['runs']] == [1, 0]
    assert [len(run['poses']) for run in image['runs']] == [2, 0]


def test_each_dump_is_scored_by_its_own_test(config, root, tmp_path, capsys):
    """All the other's poses about one person are one to its NMS."""
    other = Config(config.to_dict())
    other.test_evaluator = dict(
        config.test_evaluator, nms_mode='oks_nms', nms_thr=0.1)
    other.dump(tmp_path / 'other.py')
    duplicates = [
        Page(path.read_text()).row('duplicate')
        for path in (report(config, root, tmp_path / 'a', 'first.pkl'),
                     report(other, root, tmp_path / 'b', 'first.pkl'))
    ]
    assert duplicates[0][1] != duplicates[1][1] == '0'

    file = str(root / 'first.pkl')
    arguments = [
        '--out',
        str(tmp_path / 'both'), '--cfg-options',
        f'test_dataloader.dataset.data_root={root}', '--other-config',
        str(tmp_path / 'other.py')
    ]
    both = ['report', CONFIG, file, file, '--labels', 'a', 'b', *arguments]
    assert cli.main(both) == 0
    text = (tmp_path / 'both/index.html').read_text()
    assert Page(text).row('duplicate') == sum(duplicates, [])
    assert cli.main(['report', CONFIG, file, *arguments]) == 2
    assert 'for a second file, and there is one' in capsys.readouterr().err


def test_each_run_shows_what_its_model_shows(config, root, planted, tmp_path):
    """Scores of a PINet+ mean something else: from 0.3 on, not from 0.1."""
    unlikely = [dict(pose, score=0.2) for pose in planted.poses]
    (root / 'unlikely.json').write_text(json.dumps(unlikely))
    config.dump(tmp_path / 'plus.py')
    plus = Config.fromfile(tmp_path / 'plus.py')
    plus.model.head.type = 'PINetPlusHead'
    files = config, root, tmp_path, 'unlikely.json', 'unlikely.json'

    def shown(**kwargs):
        path = report(*files, labels=['paper', 'beyond'], **kwargs)
        page = Page(path.read_text())
        poses = [[
            len(image['runs'][i]['poses']) for image in page.data['images']
        ] for i in range(2)]
        return page.texts, list(map(sum, poses))

    assert shown()[1] == [len(unlikely)] * 2
    texts, poses = shown(other_config=plus)
    assert poses == [len(unlikely), 0]
    assert '0.1 or more (paper) and 0.3 or more (beyond)' in texts['p']
    assert f'Configs {Path(CONFIG).stem} and plus, data' in texts['p']
    plus.model.head.scoring = None  # the paper's scores
    assert shown(other_config=plus)[1] == [len(unlikely)] * 2
    texts, poses = shown(other_config=plus, score_thr=0.25)
    assert poses == [0, 0] and 'a score of 0.25 or more.' in texts['p']


def test_what_one_can_operate_has_a_name(page):
    labelled = {
        attributes['for']
        for tag, attributes in page.elements if 'for' in attributes
    }
    for tag, attributes in page.elements:
        if tag == 'select':
            assert attributes['id'] in labelled
    ids = [a['id'] for _, a in page.elements if 'id' in a]
    assert len(ids) == len(set(ids))
    named = {
        id_
        for _, a in page.elements
        for id_ in a.get('aria-labelledby', '').split()
    }
    assert named <= set(ids)


def test_few_images_are_taken_at_even_steps(config, root, tmp_path):
    path = report(config, root, tmp_path, 'first.pkl', num_images=3)
    crowding = [i['crowding'] for i in Page(path.read_text()).data['images']]
    assert len(crowding) == 3 and crowding == sorted(crowding)
    assert len(list((tmp_path / 'pictures').iterdir())) >= 2


def test_the_command(config, root, tmp_path, capsys):
    assert cli.main([
        'report', CONFIG,
        str(root / 'second.json'), '--out',
        str(tmp_path / 'out'), '--num-images', '2', '--cfg-options',
        f'test_dataloader.dataset.data_root={root}'
    ]) == 0
    assert capsys.readouterr().out.endswith(
        'index.html: open it in a browser\n')


def test_three_files(config, root, tmp_path):
    with pytest.raises(ValueError, match='3 files of poses'):
        report(config, root, tmp_path, *['first.pkl'] * 3)
    with pytest.raises(ValueError, match='2 labels for 1'):
        report(config, root, tmp_path, 'first.pkl', labels=['a', 'b'])
