"""Models in the base's setting: what each brings, and what stays."""
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmpose.registry import DATASETS, MODELS

from mmpose_pinet.datasets.drawn import draw_crowd

CONFIGS = Path(__file__).resolve().parents[3] / 'configs'
OCHUMAN = 'pinet_hrnet-w32_ochuman'
DEMO = CONFIGS / 'pinet/pinet_hrnet-tiny_drawn-crowd.py'
PEERS = ('ae', 'cid', 'dekr', 'higherhrnet', 'spm')


def flatten(node, path=''):
    """{'a.b.0': value} of nested dicts and lists."""
    if isinstance(node, dict):
        items = node.items()
    elif isinstance(node, (list, tuple)):
        items = enumerate(node)
    else:
        return {path: node}
    return {
        key: value
        for name, child in items
        for key, value in flatten(child, f'{path}.{name}').items()
    }


def put(comparison, base, name):
    row, = comparison.rows.read_models([name])
    return comparison.setting.put_in_setting(base, row)


def load(path=DEMO):
    base = Config.fromfile(path)
    base.val_evaluator = base.val_dataloader = None
    return base


# PINet's own rows


@pytest.mark.parametrize('name, changed', [
    (OCHUMAN, set()),
    (f'{OCHUMAN}_ppg-pr', {'.model.head.post_processor.fuse'}),
    (f'{OCHUMAN}_graph-static', {'.model.head.refinement.graph'}),
    (f'{OCHUMAN}_ppg_head', {
        '.model.head.decoder.parts', '.model.head.post_processor.fuse',
        '.model.head.refinement',
        '.train_dataloader.dataset.pipeline.4.encoder.parts'
    }),
    ('pinet-plus_hrnet-w32_ochuman',
     {'.model.head.type', '.model.head.post_processor.soft'}),
    ('pinet-plus_hrnet-w32_ochuman_no-scoring', {
        '.model.head.type', '.model.head.scoring',
        '.model.head.post_processor.soft'
    }),
])
def test_a_pinet_changes_what_it_says_and_nothing_else(comparison, name,
                                                       changed):
    base = load()
    base.model.head.post_processor.fuse = True  # its default
    before = flatten(base.to_dict())
    after = flatten(put(comparison, base, name).to_dict())
    differing = {
        key
        for key in before.keys() | after.keys()
        if before.get(key, 'absent') != after.get(key, 'absent')
    }
    # where refinement goes, its keys go with it
    if '.model.head.refinement' in changed:
        differing = {
            key
            for key in differing
            if not key.startswith('.model.head.refinement.')
        }
    assert differing == changed
    assert flatten(base.to_dict()) == before


@pytest.mark.parametrize('name', [
    f'{OCHUMAN}_ppg', f'{OCHUMAN}_ppg-pr', f'{OCHUMAN}_ppg-pf',
    f'{OCHUMAN}_ppg_center', f'{OCHUMAN}_ppg_head',
    f'{OCHUMAN}_ppg_part-small', f'{OCHUMAN}_ppg_keypoint',
    f'{OCHUMAN}_graph-none', f'{OCHUMAN}_graph-static',
    'spm_hrnet-w32_ochuman', 'spm_hrnet-w32_ochuman_pf',
    'dekr_hrnet-w32_ochuman', 'dekr_hrnet-w32_ochuman_pf',
    'cid_hrnet-w32_ochuman', 'pinet-plus_hrnet-w32_ochuman',
    'pinet-plus_hrnet-w32_ochuman_no-localisation'
])
def test_on_ochuman_a_model_is_the_config_of_that_name(comparison, name):
    base = load(CONFIGS / f'pinet/{OCHUMAN}.py')
    row, = comparison.rows.read_models([name])
    ours, named = comparison.setting.put_in_setting(base, row), row.config
    for cfg in ours, named:
        cfg.model.head.get('post_processor', {}).setdefault('fuse', True)
    assert ours.model == named.model
    assert ours.train_dataloader == named.train_dataloader
    assert ours.test_dataloader == named.test_dataloader
    assert ours.test_evaluator == named.test_evaluator


# Other heads


@pytest.fixture(scope='module')
def crowd(tmp_path_factory):
    folder = tmp_path_factory.mktemp('crowd')
    draw_crowd(folder, 2, split='train', image_size=128, num_workers=1)
    return folder


@pytest.mark.parametrize('name', PEERS)
def test_every_head_trains_and_tests_in_the_setting(comparison, crowd, name):
    base = load()
    base.train_dataloader.dataset.data_root = str(crowd)
    cfg = put(comparison, base, f'{name}_hrnet-w32_ochuman')
    model = MODELS.build(cfg.model)
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    batch = pseudo_collate([dataset[0], dataset[1]])
    losses = model(
        **model.data_preprocessor(batch, training=True), mode='loss')
    assert sum(losses.values()).isfinite()

    cfg.test_dataloader.dataset.update(
        data_root=str(crowd),
        ann_file='annotations/train.json',
        data_prefix=dict(img='train/'))
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    model.eval()
    found, = model.test_step(pseudo_collate([dataset[0]]))
    assert found.pred_instances.keypoints.shape[1:] == (17, 2)


@pytest.mark.parametrize('name', PEERS)
def test_data_schedule_and_features_are_the_bases(comparison, name):
    base = load()
    cfg = put(comparison, base, f'{name}_hrnet-w32_crowdpose')
    assert cfg.model.backbone == base.model.backbone
    assert cfg.optim_wrapper == base.optim_wrapper
    assert cfg.param_scheduler == base.param_scheduler
    assert cfg.test_dataloader.dataset == base.test_dataloader.dataset
    ours, theirs = (c.train_dataloader.dataset.pipeline for c in (base, cfg))
    assert theirs[:4] == ours[:4]
    assert theirs[4].type == 'GenerateTarget'
    if name != 'spm':
        assert cfg.model.head.in_channels == 240
        assert cfg.model.head.num_keypoints == 17  # CrowdPose has 14
        # CrowdPose's order is of other joints
        assert 'decode_keypoint_order' not in cfg.model.head.decoder


def test_maps_keep_their_ratio_to_the_input(comparison):
    cfg = put(comparison, load(), 'higherhrnet_hrnet-w32_ochuman')
    encoders = cfg.train_dataloader.dataset.pipeline[4].encoder
    assert [e.input_size for e in encoders] == [(256, 256)] * 2
    assert [e.heatmap_size for e in encoders] == [(64, 64), (128, 128)]
    decoder = cfg.model.head.decoder
    assert decoder.input_size == decoder.heatmap_size == (256, 256)
    assert len(decoder.decode_keypoint_order) == 17


def test_a_neck_of_the_base_stays_alone(comparison):
    base = load()
    base.model.neck = dict(
        type='ConcatFPN',
        in_channels=[16, 32, 64, 128],
        out_channels=8,
        num_outs=4)
    base.model.head.in_channels = 32
    cfg = put(comparison, base, 'dekr_hrnet-w32_ochuman')
    assert cfg.model.neck == base.model.neck
    assert comparison.costs.count_network(cfg)['params'] > 1

    base.model.neck.type = 'FPN'  # four maps
    cfg = put(comparison, base, 'dekr_hrnet-w32_ochuman')
    with pytest.raises(ValueError, match='FPN that gives 4 maps.*ConcatFPN'):
        comparison.costs.count_network(cfg)


def test_the_test_is_the_bases_but_for_what_heads_publish(comparison):
    base = load()
    base.model.test_cfg.flip_test = False
    cid = put(comparison, base, 'cid_hrnet-w32_ochuman')
    assert not cid.model.test_cfg.flip_test
    assert cid.test_evaluator.nms_mode == 'oks_nms'
    assert cid.test_evaluator.iou_type == 'keypoints_crowd'  # the base's
    assert cid.test_dataloader.batch_size == 1  # of MMPose's head
    ae = put(comparison, base, 'ae_hrnet-w32_ochuman')
    assert ae.test_evaluator.score_mode == 'bbox'
    assert ae.test_dataloader.batch_size == 16


# Sharing


def test_models_that_differ_in_the_test_alone_share_a_training(comparison):
    names = {}
    for name in (f'{OCHUMAN}_ppg', f'{OCHUMAN}_ppg-pf', f'{OCHUMAN}_ppg-pr',
                 'dekr_hrnet-w32_ochuman', 'dekr_hrnet-w32_ochuman_pf',
                 'spm_hrnet-w32_ochuman', f'{OCHUMAN}_ppg_center'):
        cfg = put(comparison, load(), name)
        names[name] = (comparison.runs.training_name(cfg),
                       comparison.runs.test_name(cfg))
    ppg, ppg_pf, ppg_pr, dekr, dekr_pf, spm, center = names.values()
    assert ppg[0] == ppg_pf[0] != ppg_pr[0]
    assert dekr[0] == dekr_pf[0] and dekr[0].startswith('dekr-')
    assert dekr[1] != dekr_pf[1] and ppg[1] != ppg_pf[1]
    assert spm == center


# What does not fit


def test_a_base_that_is_not_whole_is_refused(comparison):
    base = load(CONFIGS / f'pinet/ablations/{OCHUMAN}_ppg.py')
    with pytest.raises(ValueError, match='without refinement'):
        put(comparison, base, OCHUMAN)


def test_a_head_that_reads_other_maps_is_refused(comparison):
    with pytest.raises(ValueError, match='rtmo-s_ochuman.py: a RTMOHead.*own'):
        put(comparison, load(), 'rtmo-s_ochuman')
