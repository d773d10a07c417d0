"""``mmpose_pinet::`` names configs wherever the package lies."""
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.hub import get_config

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    'name',
    [
        'pinet/pinet_hrnet-w32_ochuman.py',
        'pinet/ablations/pinet_hrnet-w32_ochuman_ppg.py',
        '_base_/full_size.py',  # in no metafile
    ])
def test_a_config_of_the_zoo_is_found(name, tmp_path):
    theirs = Config.fromfile(ROOT / 'configs' / name)
    assert get_config(f'mmpose_pinet::{name}').to_dict() == theirs.to_dict()
    derived = tmp_path / 'derived.py'
    derived.write_text(f"_base_ = 'mmpose_pinet::{name}'\n"
                       "train_cfg = dict(max_epochs=3)\n")
    derived = Config.fromfile(derived)
    assert derived.train_cfg.max_epochs == 3
    assert derived.model.head.type == theirs.model.head.type
    assert derived.model._scope_ == 'mmpose_pinet'


def test_the_package_that_was_imported_counts(tmp_path):
    """pip install -e leaves metadata in site-packages, and the package where
    it was."""
    metadata = tmp_path / 'mmpose_pinet-9.dist-info/METADATA'
    metadata.parent.mkdir()
    metadata.write_text(
        'Metadata-Version: 2.1\nName: mmpose_pinet\nVersion: 9\n')
    done = subprocess.run([
        sys.executable, '-c', 'import mmpose_pinet\n'
        'from mmengine.hub import get_config\n'
        "name = 'mmpose_pinet::pinet/pinet_hrnet-w32_ochuman.py'\n"
        'print(get_config(name).filename)'
    ],
                          env=dict(
                              os.environ, PYTHONPATH=f'{tmp_path}:{ROOT}'),
                          cwd=tmp_path,
                          capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).samefile(
        ROOT / 'configs/pinet/pinet_hrnet-w32_ochuman.py')
