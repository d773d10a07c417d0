"""The configs, and what the paper says of them."""
from pathlib import Path

from mmpose.registry import DATASETS, KEYPOINT_CODECS, METRICS

CONFIGS = Path(__file__).parents[2] / 'configs' / 'pinet'
PATHS = {path.stem: path for path in sorted(CONFIGS.rglob('*.py'))}
# other authors' models in the same setting
PEERS = {
    path.stem: path
    for path in sorted((CONFIGS.parent / 'peers').rglob('*.py'))
}
# PINet with layers that the paper has not
PLUS = {
    path.stem: path
    for path in sorted((CONFIGS.parent / 'pinet_plus').rglob('*.py'))
}
TINY = 'pinet_hrnet-tiny_drawn-crowd'
OWN_KEYPOINTS = 'pinet_hrnet-tiny_own-keypoints'
THREE_SETS = 'pinet-plus_hrnet-w32_coco-crowdpose-ochuman'
PHOTOGRAPHS = 'pinet_mobilenetv2-fpn_coco-256'
OCHUMAN = 'pinet_hrnet-w32_ochuman'

# What Sec. 4.2 of the paper and the authors' release say: epochs, epochs at
# which the learning rate falls, batch size, refinement layers and the
# smallest box, in px^2, that is trained.
PAPER = {
    'pinet_hrnet-w32_ochuman': (140, [90, 120], 20, 3, 32**2),
    'pinet_hrnet-w32_crowdpose': (300, [200, 260], 40, 3, 0),
    'pinet_hrnet-w32_coco': (140, [90, 120], 40, 2, 32**2),
}

# Table 1 of the paper: number of parts, graph of the refinement (None is no
# refinement), and whether poses are fused.
TABLE_1 = {
    OCHUMAN: (3, 'dynamic', True),
    f'{OCHUMAN}_ppg': (3, None, False),
    f'{OCHUMAN}_ppg-pr': (3, 'dynamic', False),
    f'{OCHUMAN}_ppg-pf': (3, None, True),
    f'{OCHUMAN}_ppg_center': (1, None, False),
    f'{OCHUMAN}_ppg_head': (1, None, False),
    f'{OCHUMAN}_ppg_part-small': (6, None, False),
    f'{OCHUMAN}_ppg_keypoint': (13, None, False),
    f'{OCHUMAN}_graph-none': (3, 'none', True),
    f'{OCHUMAN}_graph-static': (3, 'static', True),
}
# Strides and channels of the maps that the head reads, of each config with
# another backbone than HRNet-W32.
BACKBONES = {
    'pinet_hrnet-w48_coco-640x640': ([4, 8, 16, 32], [48, 96, 192, 384]),
    'pinet_res50-fpn_coco': ([4, 8, 16, 32], [128, 128, 128, 128]),
    'pinet_litehrnet-18_coco': ([4], [40]),
}
# trained and tested as PINet is, on the same three datasets
RIVALS = ['spm', 'ae', 'higherhrnet', 'dekr', 'cid']
DATA = ['ochuman', 'crowdpose', 'coco']


def keypoint_facts(cfg):
    """What MMPose's own dataset says about its keypoints."""
    dataset = cfg.train_dataloader.dataset
    return DATASETS.get(dataset.type)._load_metainfo(dataset.get('metainfo'))


def num_parts(cfg):
    return KEYPOINT_CODECS.build(cfg.codec).num_parts


def pipeline_step(pipeline, name):
    return next(step for step in pipeline if step.type == name)


def shrink(cfg, size):
    """The config at an input size that a CPU takes in its stride."""
    train = cfg.train_dataloader.dataset.pipeline
    encoders = pipeline_step(train, 'GenerateTarget').encoder
    encoders = encoders if isinstance(encoders, list) else [encoders]
    for codec in (cfg.model.head.decoder, *encoders):
        side = codec.heatmap_size[0] * size // codec.input_size[0]
        codec.update(input_size=(size, size), heatmap_size=(side, side))
    pipeline_step(train, 'BottomupRandomAffine').input_size = (size, size)
    for loader in (cfg.val_dataloader, cfg.test_dataloader):
        resize = pipeline_step(loader.dataset.pipeline,
                               'BottomupBoundedResize')
        resize.input_size = (size, size)
    return cfg


def name_data(cfg, loader, root):
    """As ``--cfg-options`` would: three keys, and none for the evaluator."""
    cfg.merge_from_dict({
        f'{loader}.dataset.data_root': str(root),
        f'{loader}.dataset.ann_file': 'truth.json',
        f'{loader}.dataset.data_prefix.img': 'pictures/'
    })
    return DATASETS.build(cfg[loader].dataset)


def build_metric(cfg, dataset):
    metric = METRICS.build(cfg.test_evaluator)
    metric.dataset_meta = dataset.metainfo
    return metric
