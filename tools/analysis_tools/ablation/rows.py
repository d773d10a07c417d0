"""The rows of Table 1: what each changes in a config, and the paper's AP.

Both stand elsewhere: a row is a model of ``configs/pinet/metafile.yml``, and
what it changes is what the config of that model says.
"""
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional

import torch
from mmengine.config import Config, ConfigDict
from mmengine.fileio import load
from mmpose.registry import MODELS

ROOT = Path(__file__).resolve().parents[3]
METAFILE = ROOT / 'configs/pinet/metafile.yml'
PINET = 'pinet_hrnet-w32_ochuman'

TITLES = {
    '1a': 'components',
    '1b': 'partitions, PPG alone',
    '1c': 'graphs of refinement, PPG + PR + PF',
    '1d': 'PF on other methods',
}
# The paper's name of each row, and the model that it is
TABLES: Dict[str, Dict[str, str]] = {
    '1a': {
        'center (SPM)': f'{PINET}_ppg_center',
        'PPG': f'{PINET}_ppg',
        'PPG + PR': f'{PINET}_ppg-pr',
        'PPG + PF': f'{PINET}_ppg-pf',
        'PPG + PR + PF': PINET,
    },
    '1b': {
        'center': f'{PINET}_ppg_center',
        'head': f'{PINET}_ppg_head',
        'part-large': f'{PINET}_ppg',
        'part-small': f'{PINET}_ppg_part-small',
        'keypoint': f'{PINET}_ppg_keypoint',
    },
    '1c': {
        'no graph': f'{PINET}_graph-none',
        'static': f'{PINET}_graph-static',
        'dynamic': PINET,
    },
    '1d': {
        'SPM': 'spm_hrnet-w32_ochuman',
        'SPM + PF': 'spm_hrnet-w32_ochuman_pf',
        'DEKR': 'dekr_hrnet-w32_ochuman',
        'DEKR + PF': 'dekr_hrnet-w32_ochuman_pf',
        'PINet w/o PR': f'{PINET}_ppg',
        'PINet w/o PR + PF': f'{PINET}_ppg-pf',
    },
}
# The table's columns and the metafile's names
PAPER_METRICS = {
    'AP': 'AP (paper)',
    'AP50': 'AP@0.5 (paper)',
    'AP75': 'AP@0.75 (paper)',
}


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        name (str): As the paper's.
        model (ConfigDict): Of the config that repeats the row on OCHuman.
        paper (dict[str, float]): The paper's AP, AP50 and AP75 on OCHuman
            test in percent; of some rows it gives AP alone.
    """
    name: str
    model: ConfigDict
    paper: Dict[str, float]

    @property
    def is_pinet(self) -> bool:
        """Whether the row is a PINet; else it is MMPose's DEKR."""
        return self.model.head.type == 'PINetHead'

    @property
    def graph(self) -> Optional[str]:
        """The refinement's graph; None is no refinement."""
        refinement = self.model.head.refinement
        return refinement and refinement.get('graph', 'dynamic')

    @property
    def fuse(self) -> bool:
        """Whether poses are fused; else a person's best candidate stays."""
        owner = self.model.head if self.is_pinet else self.model
        return owner.get('post_processor', dict(fuse=False)).get('fuse', True)

    @property
    def training(self) -> str:
        """Name the training; rows that differ in the test alone share it."""
        if not self.is_pinet:
            return 'dekr'
        parts = self.model.head.decoder.parts
        return f'{parts}_graph-{self.graph}' if self.graph else parts

    @property
    def key(self) -> str:
        """Name the training and the way of testing."""
        return f'{self.training}_pf' if self.fuse else self.training


def read_rows(table: str) -> List[Row]:
    """Read the rows of a table from the metafile and its configs.

    Args:
        table (str): A key of ``TABLES``.

    Returns:
        list[Row]: In the paper's order.
    """
    models = {model['Name']: model for model in load(METAFILE)['Models']}
    rows = []
    for name, model in TABLES[table].items():
        config = Config.fromfile(ROOT / models[model]['Config'])
        metrics = models[model]['Results'][0]['Metrics']
        paper = {
            column: round(100 * metrics[key], 1)
            for column, key in PAPER_METRICS.items() if key in metrics
        }
        rows.append(Row(name, config.model, paper))
    return rows


def row_config(base: Config, row: Row) -> Config:
    """Copy the base config with a row's changes and nothing else changed.

    Args:
        base (Config): Of a whole PINet, with refinement and fusion.
        row (Row): The row.

    Returns:
        Config: To train and to test the row.

    Raises:
        ValueError: If ``base`` is not of a whole PINet.
    """
    head = base.model.get('head', {})
    missing = [
        key for key in ('decoder', 'refinement', 'post_processor')
        if head.get(key) is None
    ]
    if head.get('type') != 'PINetHead' or missing:
        raise ValueError(
            f'{base.filename}: model.head must be a PINetHead with decoder, '
            'refinement and post_processor, to leave parts of it out; it is '
            f'a {head.get("type")!r}' +
            (f' without {" and ".join(missing)}' if missing else ''))
    cfg = deepcopy(base)
    if not row.is_pinet:
        _use_dekr(cfg, row)
        return cfg
    head, parts = cfg.model.head, row.model.head.decoder.parts
    head.decoder.parts = parts
    for target in _generate_targets(cfg.train_dataloader):
        target.encoder.parts = parts
    if row.graph:
        head.refinement.graph = row.graph
    else:
        head.refinement = None
    head.post_processor.fuse = row.fuse
    return cfg


def _use_dekr(cfg: Config, row: Row) -> None:
    """Put DEKR in the place of PINet, in its sizes and on its joints."""
    ours = cfg.model.head
    with torch.device('meta'):
        pinet = MODELS.build(ours)  # knows its joints
    codec = ConfigDict(
        row.model.head.decoder,
        input_size=ours.decoder.input_size,
        heatmap_size=ours.decoder.heatmap_size)
    head = ConfigDict(
        row.model.head,
        in_channels=ours.in_channels,
        num_keypoints=pinet.num_keypoints,
        decoder=codec)
    if row.fuse:
        cfg.model.post_processor = ConfigDict(
            row.model.post_processor,
            skeleton=ours.decoder.get('skeleton', 'coco'))
    cfg.model.type = row.model.type
    cfg.model.neck = row.model.neck
    cfg.model.head = head
    cfg.model.test_cfg = row.model.test_cfg
    cfg.model.pop('train_cfg', None)  # what the refinement samples
    for target in _generate_targets(cfg.train_dataloader):
        target.encoder = codec


def _generate_targets(node) -> Iterator[ConfigDict]:
    """Find every ``GenerateTarget`` in a data loader, wrapped ones too."""
    if isinstance(node, dict):
        if node.get('type') == 'GenerateTarget':
            yield node
        node = node.values()
    elif not isinstance(node, (list, tuple)):
        return
    for child in node:
        yield from _generate_targets(child)
