"""Planted poses on disk, and a config for them."""
import json
import pickle

import pytest
from mmengine.config import Config
from planted import Planted
from reports import HOSTILE
from small_set import CONFIG


@pytest.fixture(scope='module')
def planted():
    planted = Planted()
    # its picture is not there
    planted.images[-1]['file_name'] = HOSTILE
    return planted


@pytest.fixture(scope='module')
def root(planted, tmp_path_factory):
    """The set, its poses as a dump, and as results with worse ones."""
    root = tmp_path_factory.mktemp('planted')
    missing = planted.images.pop()
    planted.write(root)
    planted.images.append(dict(missing, file_name=HOSTILE))
    (root / 'annotations/val.json').write_text(json.dumps(planted.truth()))
    (root / 'first.pkl').write_bytes(pickle.dumps(planted.dump()))
    fewer = [p for p in planted.poses if p['image_id'] != 1]
    (root / 'second.json').write_text(json.dumps(fewer))
    return root


@pytest.fixture(scope='module')
def config(root):
    config = Config.fromfile(CONFIG)
    config.test_dataloader.dataset.data_root = str(root)
    return config
