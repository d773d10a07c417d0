"""The rows of Table 1: what each changes in a config, and what it got there.

A row may differ from another in how it is tested alone; then both share one
training.
"""
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, Optional, Sequence, Tuple

from mmengine.config import Config, ConfigDict

DEKR = Path(__file__).resolve().parents[2] / \
    'configs/pinet/ablations/dekr_hrnet-w32_ochuman_pf.py'


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Args:
        name (str): As the paper's.
        paper (tuple[float]): The paper's AP, AP50 and AP75 on OCHuman test in
            percent; Table 1d has AP alone.
        parts (str): Partition of the body. Defaults to ``'part-large'``.
        graph (str, optional): The refinement's; ``None``: no refinement.
            Defaults to ``None``.
        fuse (bool): Pose fusion rather than OKS-NMS. Defaults to ``False``.
        dekr (bool): MMPose's DEKR in place of PINet. Defaults to ``False``.
    """
    name: str
    paper: Tuple[float, ...]
    parts: str = 'part-large'
    graph: Optional[str] = None
    fuse: bool = False
    dekr: bool = False

    @property
    def training(self) -> str:
        """Name of the training that the row is tested on."""
        if self.dekr:
            return 'dekr'
        return self.parts + (f'_graph-{self.graph}' if self.graph else '')

    @property
    def key(self) -> str:
        """Name of the training and of the way of testing."""
        return self.training + ('_pf' if self.fuse else '')


PINET = Row('PPG + PR + PF', (59.8, 74.9, 65.9), graph='dynamic', fuse=True)
TITLES = {
    '1a': 'components',
    '1b': 'partitions, PPG alone',
    '1c': 'graphs of refinement, PPG + PR + PF',
    '1d': 'PF on other methods',
}
TABLES: Dict[str, Sequence[Row]] = {
    '1a': [
        Row('center (SPM)', (47.6, 67.5, 53.2), parts='center'),
        Row('PPG', (53.1, 70.5, 60.4)),
        Row('PPG + PR', (58.8, 74.3, 65.5), graph='dynamic'),
        Row('PPG + PF', (55.8, 72.7, 62.3), fuse=True),
        PINET,
    ],
    '1b': [
        Row('center', (47.6, 67.5, 53.2), parts='center'),
        Row('head', (49.8, 70.9, 55.6), parts='head'),
        Row('part-large', (53.1, 70.5, 60.4)),
        Row('part-small', (50.3, 69.4, 57.2), parts='part-small'),
        Row('keypoint', (40.8, 59.0, 45.7), parts='keypoint'),
    ],
    '1c': [
        Row('no graph', (56.8, 74.1, 63.0), graph='none', fuse=True),
        Row('static', (57.7, 74.7, 64.3), graph='static', fuse=True),
        Row('dynamic', PINET.paper, graph='dynamic', fuse=True),
    ],
    '1d': [
        Row('SPM', (47.6, ), parts='center'),
        Row('SPM + PF', (48.1, ), parts='center', fuse=True),
        Row('DEKR', (52.2, ), dekr=True),
        Row('DEKR + PF', (53.0, ), dekr=True, fuse=True),
        Row('PINet w/o PR', (53.1, )),
        Row('PINet w/o PR + PF', (55.8, ), fuse=True),
    ],
}


def row_config(base: Config, row: Row) -> Config:
    """The base config with a row's changes and nothing else changed.

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
    if row.dekr:
        _use_dekr(cfg, row)
        return cfg
    cfg.model.head.decoder.parts = row.parts
    for target in _generate_targets(cfg.train_dataloader):
        target.encoder.parts = row.parts
    if row.graph:
        cfg.model.head.refinement.graph = row.graph
    else:
        cfg.model.head.refinement = None
    cfg.model.head.post_processor.fuse = row.fuse
    return cfg


def _use_dekr(cfg: Config, row: Row) -> None:
    """DEKR in the sizes, on the joints and with the optimizer of PINet."""
    dekr = Config.fromfile(DEKR).model
    ours = cfg.model.head
    codec = ConfigDict(
        dekr.head.decoder,
        input_size=ours.decoder.input_size,
        heatmap_size=ours.decoder.heatmap_size)
    head = ConfigDict(
        dekr.head,
        in_channels=ours.in_channels,
        num_keypoints=ours.num_keypoints,
        decoder=codec,
        post_processor=ours.post_processor)
    if not row.fuse:
        head.type = 'DEKRHead'
        del head['post_processor']
    cfg.model.type = dekr.type
    cfg.model.neck = dekr.neck
    cfg.model.head = head
    cfg.model.test_cfg = dekr.test_cfg
    cfg.model.pop('train_cfg', None)  # what the refinement samples
    for target in _generate_targets(cfg.train_dataloader):
        target.encoder = codec


def _generate_targets(node) -> Iterator[ConfigDict]:
    """Every ``GenerateTarget`` in a data loader, wrapped datasets' too."""
    if isinstance(node, dict):
        if node.get('type') == 'GenerateTarget':
            yield node
        node = node.values()
    elif not isinstance(node, (list, tuple)):
        return
    for child in node:
        yield from _generate_targets(child)
