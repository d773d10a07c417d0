"""What the pages promise: links lead somewhere, the README's Python runs."""
import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / 'README.md').read_text()
DEMO_CONFIG = 'configs/pinet/pinet_hrnet-tiny_drawn-crowd.py'
PAGES = sorted(
    page.relative_to(ROOT)
    for pattern in ('*.md', 'docs/*.md', 'configs/**/*.md')
    for page in ROOT.glob(pattern))


@pytest.mark.parametrize('page', PAGES, ids=str)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text()
    links = re.findall(r'\]\(([^)#]+)[^)]*\)', text)
    lost = [
        link for link in links
        if not re.match('https?:', link) and not (ROOT / page.parent /
                                                  link).exists()
    ]
    assert lost == []


def test_scripts_that_the_readme_names_are_there():
    scripts = re.findall(r'^(?:\w+=\w+ )?(?:python|bash) (\S+)', README, re.M)
    assert len(scripts) > 5
    assert [file for file in scripts if not (ROOT / file).is_file()] == []


@pytest.fixture(scope='module')
def after_the_demo(tmp_path_factory):
    """A folder that holds what the README's Python finds after the demo: two
    pictures, and weights, random ones that find something."""
    folder = tmp_path_factory.mktemp('clone')
    (folder / 'configs').symlink_to(ROOT / 'configs')
    config = Config.fromfile(ROOT / DEMO_CONFIG)
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    with torch.no_grad():
        model.head.point_layer.weight.normal_(std=0.1)
        model.head.point_layer.bias.fill_(0.5)
    checkpoint = f'work_dirs/demo/epoch_{config.train_cfg.max_epochs}.pth'
    (folder / checkpoint).parent.mkdir(parents=True)
    torch.save(
        dict(state_dict=model.state_dict(), meta={}), folder / checkpoint)
    loader = config.val_dataloader.dataset
    pictures = folder / loader.data_root / loader.data_prefix.img
    pictures.mkdir(parents=True)
    for index in range(2):
        image = np.random.default_rng(index).integers(0, 255, (256, 256, 3),
                                                      np.uint8)
        cv2.imwrite(str(pictures / f'{index:06d}.jpg'), image)
    return folder


@pytest.mark.parametrize('number', [0, 1])
def test_python_of_the_readme_runs_as_it_stands(after_the_demo, number):
    blocks = re.findall(r'```python\n(.*?)```', README, re.DOTALL)
    assert len(blocks) == 2
    done = subprocess.run([sys.executable, '-c', blocks[number]],
                          cwd=after_the_demo,
                          env={
                              **os.environ, 'PYTHONPATH': str(ROOT)
                          },
                          capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(r'score 0\.\d+, nose at|\d+ candidates', done.stdout)
