"""The Python of the pages runs as it stands."""
import re
import shutil
from pathlib import Path

import cv2
import mmpose
import numpy as np
import pytest
import torch
from fork_server import ForkServer
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from pages import ROOT, blocks, pages_with, saved_files
from random_weights import save_random_weights

from mmpose_pinet.datasets.drawn import draw_crowd

DEMO_CONFIG = 'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'
# What pages name beside it, each with the weights of its config.
WEIGHTS = {
    'ochuman.pth': 'configs/pinet/pinet_hrnet-w32_ochuman.py',
    'ochuman.pth.tar': 'configs/pinet/pinet_hrnet-w32_ochuman.py',
    'theirs.pth': 'configs/pinet/pinet_hrnet-w32_ochuman.py',
    'weights.pth': 'configs/pinet/pinet_hrnet-w32_crowdpose.py',
}
# HRNet-W32 becomes so slim that a CPU takes it in its stride.
SLIM = {
    'hrnet-w32.py': {
        '(32, 64': '(4, 8',
        ', 128, 256)': ', 16, 32)',
        ', 128)': ', 16)',
        '(4, 4, 4, 4)': '(1, 1, 1, 1)',
        '(4, 4, 4)': '(1, 1, 1)',
        '(4, 4)': '(1, 1)',
        '(4, )': '(1, )',
    },
    'pinet_hrnet-w32.py': {
        'in_channels=480': 'in_channels=60'
    },
}


def save_picture(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = np.random.default_rng(0).integers(0, 255, (256, 256, 3),
                                                np.uint8)
    cv2.imwrite(str(file), picture)
    return picture


def save_topdown(file):
    """Write weights of one of MMPose's own models."""
    init_default_scope('mmpose')
    config = Path(mmpose.__file__).parent / (
        '.mim/configs/body_2d_keypoint/rtmpose/coco/rtmpose-t_8xb256-420e_'
        'coco-256x192.py')
    model = MODELS.build(Config.fromfile(config).model)
    torch.save(dict(state_dict=model.state_dict()), file)


@pytest.fixture(scope='module')
def folder(tmp_path_factory, exported):
    """What readers have: a clone after the demo, pictures and weights."""
    folder = tmp_path_factory.mktemp('clone')
    shutil.copytree(ROOT / 'configs', folder / 'configs')
    zoo = folder / 'mmpose_pinet/.mim'  # names mean these configs
    zoo.mkdir(parents=True)
    (zoo / 'configs').symlink_to(folder / 'configs')
    (zoo / 'model-index.yml').symlink_to(ROOT / 'model-index.yml')
    for file in (ROOT / 'mmpose_pinet').iterdir():
        if file.name != zoo.name:
            (zoo.parent / file.name).symlink_to(file)
    # MMEngine's place of the index, where configs/ lies beside a package
    (folder / 'model-index.yml').symlink_to(ROOT / 'model-index.yml')
    for name, changes in SLIM.items():
        network = folder / 'configs/_base_/models' / name
        text = network.read_text()
        for wide, slim in changes.items():
            assert wide in text
            text = text.replace(wide, slim)
        network.write_text(text)

    config = Config.fromfile(folder / DEMO_CONFIG)
    trained = f'work_dirs/demo/epoch_{config.train_cfg.max_epochs}.pth'
    (folder / trained).parent.mkdir(parents=True)
    save_random_weights(folder / trained, folder / DEMO_CONFIG)
    for name, of in WEIGHTS.items():
        save_random_weights(folder / name, folder / of)
    save_topdown(folder / 'rtmpose.pth')
    shutil.copy(exported, folder / 'ochuman.onnx')
    for split in ('train', 'val'):
        draw_crowd(folder / 'data/drawn_crowd', 2, split, num_workers=1)
    for name in ('crowd.jpg', 'other.jpg', 'picture.jpg', 'photographs/1.jpg'):
        picture = save_picture(folder / name)
    video = cv2.VideoWriter(
        str(folder / 'match.mp4'), cv2.VideoWriter_fourcc(*'mp4v'), 25,
        (256, 256))
    video.write(picture)
    video.release()
    return folder


def prepare(page, folder):
    """Save the files of a page, and join its other blocks to a script that
    reads its configs as well. A block with `_base_.` is a part of a config."""
    files = saved_files(page)
    for name, code in files.items():
        (folder / name).write_text(code)
    script = [
        'import mmpose_pinet, mmengine.config\n'
        f'mmengine.config.Config.fromfile({name!r})\n'
        for name, code in files.items() if '_base_ = ' in code
    ]
    for code in blocks(page, 'python'):
        if code in files.values() or '_base_.' in code:
            compile(code, str(page), 'exec')
        else:
            assert '_base_ = ' not in code, 'Write "Save this as `my.py`:"'
            script.append(code)
    return '\n'.join(script)


@pytest.fixture(scope='module')
def reader(folder):
    """Starts scripts with the package that lies in the folder."""
    server = ForkServer(folder)
    yield server
    server.close()


@pytest.mark.parametrize('page', pages_with('python'), ids=str)
def test_python_runs_as_it_stands(page, folder, reader):
    """The blocks of a page one after the other."""
    done = reader.run('-c', prepare(page, folder), cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    if page == Path('README.md'):
        assert re.search(r'score 0\.\d+, nose at', done.stdout)
