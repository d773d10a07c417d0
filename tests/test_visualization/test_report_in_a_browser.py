"""The page of a report in headless Chromium: it sorts, filters, toggles.

A script that is added to a copy of the page does what a reader does, and
writes down what it sees.
"""
import html
import json
import re
import shutil
import subprocess

import pytest
from mmengine.config import Config
from planted import Planted
from small_set import CONFIG

from mmpose_pinet.visualization.report import write_report

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason='no Chromium is installed')
]

# as narrow as a phone, which a window cannot be
FRAME = """<!DOCTYPE html>
<pre id="seen"></pre>
<script>
window.addEventListener('message', ({ data }) => {
  document.getElementById('seen').textContent = data;
});
</script>
<iframe src="read.html" style="width: {width}px; height: 900px"></iframe>
"""

READER = r"""
<script>
window.addEventListener('load', () => {
  const seen = {};
  const all = selector => [...document.querySelectorAll(selector)];
  const names = () => all('#pictures > li h3 span').map(
    span => span.textContent);
  const one = selector => document.querySelector(selector);
  const choose = value => {
    one('#sort').value = value;
    one('#sort').dispatchEvent(new Event('change'));
  };
  const visible = selector => all(selector).filter(
    item => item.getClientRects().length).length;
  try {
    seen.title = document.title;
    seen.first = names();
    seen.pictures = all('#pictures image').map(
      image => image.getAttribute('href'));
    one('#more').click();
    seen.all = names();
    seen.focus = document.activeElement.getAttribute('aria-label');
    seen.moreIsHidden = one('#more').hidden;
    seen.sorted = {};
    for (const option of all('#sort option')) {
      choose(option.value);
      one('#more').click();
      seen.sorted[option.value] = names();
    }
    seen.filtered = {};
    for (const box of all('[name=kind]')) {
      box.click();
      seen.filtered[box.value] = [names(), one('#status').textContent];
      box.click();
    }
    one('[value=jitter]').click();
    one('[value=miss]').click();
    seen.either = names();
    one('[value=jitter]').click();
    one('[value=miss]').click();
    const layers = () => ['truth', 'prediction'].map(
      layer => visible(`#pictures .layer-${layer}`) > 0);
    seen.layers = [layers()];
    for (const layer of ['truth', 'prediction', 'truth', 'prediction']) {
      one(`[name=layer][value=${layer}]`).click();
      seen.layers.push(layers());
    }
    choose('crowding 0 1');
    all('#pictures button')[1].click();
    seen.large = [one('#large').open, one('#large-title').textContent];
    const press = key => one('#large').dispatchEvent(
      new KeyboardEvent('keydown', { key }));
    press('ArrowLeft');
    seen.previous = one('#large-title').textContent;
    seen.atBegin = one('#previous').disabled;
    one('#next').click();
    seen.next = one('#large-title').textContent;
    seen.joints = one('#large-body').textContent;
    one('#close').click();
    seen.closed = !one('#large').open;
    seen.width = [document.documentElement.scrollWidth, innerWidth];
    seen.marks = {};
    for (const kind of ['jitter', 'inversion', 'swap', 'miss']) {
      seen.marks[kind] = all(`#pictures .mark.${kind}`).length;
    }
    seen.loaded = performance.getEntriesByType('resource').map(
      entry => entry.name.split(':')[0]);
  } catch (error) { seen.error = String(error.stack); }
  parent.postMessage(JSON.stringify(seen), '*');
});
</script>
</body>
"""


@pytest.fixture(scope='module')
def planted():
    """Thirteen images, of which a page shows twelve at first."""
    return Planted(more=4)


@pytest.fixture(scope='module')
def folder(planted, tmp_path_factory):
    root = tmp_path_factory.mktemp('planted')
    planted.write(root)
    (root / 'first.json').write_text(json.dumps(planted.poses))
    # the other run finds nobody in the last image
    fewer = [p for p in planted.poses if p['image_id'] != len(planted.images)]
    (root / 'second.json').write_text(json.dumps(fewer))
    config = Config.fromfile(CONFIG)
    config.test_dataloader.dataset.data_root = str(root)
    folder = tmp_path_factory.mktemp('report')
    write_report(config,
                 [str(root / f'{name}.json') for name in ('first', 'second')],
                 str(folder))
    return folder


def browse(folder, width):
    """What the reader sees in a window of so many px."""
    text = (folder / 'index.html').read_text()
    (folder / 'read.html').write_text(text.replace('</body>', READER))
    frame = folder / 'frame.html'
    frame.write_text(FRAME.replace('{width}', str(width)))
    dumped = subprocess.run([
        CHROMIUM, '--headless', '--no-sandbox', '--disable-gpu',
        '--window-size=1400,1000', f'--user-data-dir={folder}/profile',
        '--virtual-time-budget=20000', '--dump-dom',
        frame.as_uri()
    ],
                            capture_output=True,
                            text=True,
                            timeout=300)
    found = re.search(r'<pre id="seen">(.*?)</pre>', dumped.stdout, re.DOTALL)
    assert found and found[1], dumped.stderr[-2000:]
    seen = json.loads(html.unescape(found[1]))
    assert 'error' not in seen, seen['error']
    return seen


@pytest.fixture(scope='module')
def seen(folder):
    return browse(folder, 1280)


def files_of(planted, *errors):
    return {
        f'{id_}.png'
        for id_, error in planted.errors.items() if error in errors
    }


def test_it_opens_from_disk(seen, folder):
    assert seen['title'] == 'first and second on coco'
    assert set(seen['loaded']) <= {'file'}
    assert all((folder / src).is_file() for src in seen['pictures'])


def test_more_pictures_are_shown_when_asked_for(seen):
    assert len(seen['first']) == 12
    assert len(seen['all']) == 13 and seen['moreIsHidden']
    assert seen['focus'] == f'Enlarge {seen["all"][12]}'


def test_it_sorts(seen, planted):
    orders = seen['sorted']
    assert all(len(set(names)) == 13 for names in orders.values())
    # a person is missed: OKS 0.5; the perfect ones come last
    assert orders['oks 0 1'][0] == files_of(planted, 'missed').pop()
    assert set(orders['oks 0 -1'][:5]) <= files_of(planted, '', 'duplicate',
                                                   'crowd')
    assert orders['oks 1 1'][0] == '13.png'
    assert orders['difference 0 -1'][0] == '13.png'
    assert orders['difference 0 1'][-1] == '13.png'
    assert len(orders) == 8


def test_it_filters(seen, planted):
    for kind in ('jitter', 'inversion', 'swap', 'duplicate'):
        names, status = seen['filtered'][kind]
        expected = files_of(planted, kind,
                            *(['score'] if kind == 'duplicate' else []))
        assert set(names) == expected
        assert status == f'{len(names)} of {len(names)} pictures'
    assert set(seen['filtered']['miss'][0]) == files_of(
        planted, 'miss', 'score')
    # of one run or of the other
    assert set(seen['filtered']['missed person'][0]) == files_of(
        planted, 'missed') | {'13.png'}
    assert set(seen['either']) == files_of(planted, 'jitter', 'miss', 'score')


def test_it_toggles_truth_and_prediction(seen):
    assert seen['layers'] == [[True, True], [False, True], [False, False],
                              [True, False], [True, True]]


def test_it_enlarges(seen):
    assert seen['large'] == [True, seen['large'][1]]
    assert seen['large'][1].endswith(', 2 of 13')
    assert seen['previous'].endswith(', 1 of 13') and seen['atBegin']
    assert seen['next'] == seen['large'][1] and seen['closed']
    assert 'Score' in seen['joints']


def test_joints_in_error_are_marked(seen):
    # in both runs; twelve of thirteen images are shown
    assert seen['marks']['jitter'] in (0, 2)
    assert sum(seen['marks'].values()) >= 10


def test_nothing_sticks_out(folder, seen):
    for found in (seen, browse(folder, 390)):
        needed, width = found['width']
        assert needed <= width
