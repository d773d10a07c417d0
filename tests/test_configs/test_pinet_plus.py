"""Configs that go beyond the paper: one key away from the paper's."""
import pytest
import torch
from config_files import DATA, PATHS, PLUS, TINY
from mmengine.config import Config
from mmpose.registry import MODELS

from mmpose_pinet.apis.transfer import transfer_file

# data and network of a PINet of the same name
SAME = [*(f'hrnet-w32_{data}' for data in DATA), 'hrnet-w48_coco-640x640']
FROM_COCO = 'ochuman_from-coco', 'crowdpose_from-coco'
LESS = {'no-scoring': 'scoring', 'no-localisation': 'localisation'}


@pytest.mark.parametrize('name', SAME)
def test_head_and_nothing_else_differs(name):
    """Data, schedule, augmentation and test are the paper's."""
    plus = Config.fromfile(PLUS[f'pinet-plus_{name}']).to_dict()
    paper = Config.fromfile(PATHS[f'pinet_{name}']).to_dict()
    assert plus['model']['head'].pop('type') == 'PINetPlusHead'
    assert plus['model']['head']['post_processor'].pop('soft')
    assert paper['model']['head'].pop('type') == 'PINetHead'
    assert plus == paper


@pytest.mark.parametrize('name, key', LESS.items())
def test_each_addition_can_be_left_out(name, key):
    whole = Config.fromfile(PLUS['pinet-plus_hrnet-w32_ochuman']).to_dict()
    less = Config.fromfile(PLUS[f'pinet-plus_hrnet-w32_ochuman_{name}'])
    less = less.to_dict()
    assert less['model']['head'].pop(key, 'absent') is None
    assert less == whole


@pytest.mark.parametrize('name', FROM_COCO)
def test_weights_of_coco_fit_all_of_it(name, tmp_path):
    """But for keypoints, which the converter makes fit."""
    coco = Config.fromfile(PLUS['pinet-plus_hrnet-w32_coco'])
    cfg = Config.fromfile(PLUS[f'pinet-plus_hrnet-w32_{name}'])
    assert cfg.model.backbone.pop('init_cfg') is None
    assert coco.model.backbone.pop('init_cfg')
    assert cfg.model.backbone == coco.model.backbone
    tiny = Config.fromfile(PATHS[TINY])
    models = []
    for config in coco, cfg:
        config.model.backbone = tiny.model.backbone
        config.model.head.in_channels = tiny.model.head.in_channels
        models.append(MODELS.build(config.model))
    file = tmp_path / 'coco.pth'
    torch.save(dict(state_dict=models[0].state_dict()), file)
    if 'crowdpose' in name:
        transfer_file(file, file, 'coco', 'crowdpose')
    models[1].load_state_dict(torch.load(file)['state_dict'], strict=True)


def test_there_are_no_others():
    names = [
        *FROM_COCO, *(f'ochuman_{less}' for less in LESS), 'ochuman_pasted',
        'coco-crowdpose-ochuman'
    ]
    names = [*SAME, *(f'hrnet-w32_{name}' for name in names)]
    assert set(PLUS) == {f'pinet-plus_{name}' for name in names}
