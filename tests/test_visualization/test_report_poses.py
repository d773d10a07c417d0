"""Files of poses that a report takes, and those that it refuses."""
import pickle

import numpy as np
import pytest
import torch
from reports import Page, report


class Opener:
    """What a dump must not get to do."""

    def __reduce__(self):
        return (open, ('opened', 'w'))


@pytest.mark.parametrize('name, content, error', [
    ('a.txt', b'', r'neither a dump .* nor'),
    ('a.pkl', b'', 'cut off, damaged or no dump'),
    ('a.pkl', pickle.dumps([Opener()]), 'refused: it names .*open'),
    ('a.pkl', pickle.dumps(dict(a=1)), 'must be a list'),
    ('a.json', b'{', 'no file of COCO results'),
    ('a.json', b'{}', 'holds dict'),
    ('a.json', b'[1]', 'result 0 needs'),
    ('a.json', b'[{"image_id": 77, "keypoints": [], "score": 1}]',
     'of image 77, which'),
    ('a.json', b'[{"image_id": 1, "keypoints": [1], "score": 1}]',
     'must be 51 finite'),
    ('a.json', b'[{"image_id": 1, "keypoints": [1], "score": NaN}]',
     'score is nan'),
])
def test_files_that_are_no_poses(config, tmp_path, monkeypatch, name, content,
                                 error):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=error) as raised:
        report(config, tmp_path, tmp_path / 'out', name)
    assert name in str(raised.value)
    assert not (tmp_path / 'opened').exists()


@pytest.mark.parametrize('change, error', [
    (lambda found: found['keypoints'].__setitem__(0, np.nan), 'not finite'),
    (lambda found: found.update(
        keypoints=found['keypoints'][:, :14],
        keypoint_scores=found['keypoint_scores'][:, :14]), '17 keypoints'),
])
def test_dumps_of_poses_that_are_none(config, root, tmp_path, change, error):
    samples = pickle.loads((root / 'first.pkl').read_bytes())
    change(samples[2]['pred_instances'])
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps(samples))
    with pytest.raises(ValueError, match=error) as raised:
        report(config, tmp_path, tmp_path / 'out', 'a.pkl')
    assert 'image 3' in str(raised.value)


def test_tensors_of_a_dump(config, root, tmp_path):
    samples = pickle.loads((root / 'first.pkl').read_bytes())
    for sample in samples:
        found = sample['pred_instances']
        found.update({k: torch.from_numpy(v) for k, v in found.items()})
    (tmp_path / 'first.pkl').write_bytes(pickle.dumps(samples))
    pages = [
        report(config, folder, tmp_path / folder.name, 'first.pkl')
        for folder in (root, tmp_path)
    ]
    rows = [Page(page.read_text()).row('first') for page in pages]
    assert rows[0] == rows[1]
