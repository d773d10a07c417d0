"""The models that are compared, and what the paper says of them.

Both stand elsewhere: a row is a model of the metafiles, or any config, and
the paper's numbers are those of the metafiles.
"""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Sequence

from mmengine.config import Config
from mmpose.registry import MODELS

from mmpose_pinet.apis import zoo
from mmpose_pinet.apis.configs import load_config
from mmpose_pinet.models.heads import PINetHead

PINET = 'pinet_hrnet-w32_ochuman'

TITLES = {
    '1a': 'Table 1a, components',
    '1b': 'Table 1b, partitions, PPG alone',
    '1c': 'Table 1c, graphs of refinement, PPG + PR + PF',
    '1d': 'Table 1d, PF on other methods',
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
# The report's columns, and the metafiles' names of the paper's metrics
PAPER_METRICS = {
    'AP': 'AP (paper)',
    'AP50': 'AP@0.5 (paper)',
    'AP75': 'AP@0.75 (paper)',
    'easy': 'AP (E) (paper)',
    'medium': 'AP (M) (paper)',
    'hard': 'AP (H) (paper)',
}
# Costs, and their units
PAPER_COSTS = {
    'params': ('Parameters (paper)', 1e6),
    'GFLOPs': ('FLOPs (paper)', 1e9),
}


@dataclass(frozen=True)
class Row:
    """One model of a comparison.

    Attributes:
        name (str): In tables and pictures.
        config (Config): The model's own, as a file says it.
        paper (dict[str, float]): What the paper says of it: metrics in
            percent, ``params`` in millions, ``GFLOPs``. Often a part of
            these, or nothing.
        paper_data (str): The dataset of the paper's metrics.
    """
    name: str
    config: Config
    paper: Dict[str, float] = field(default_factory=dict)
    paper_data: str = ''

    @property
    def is_pinet(self) -> bool:
        """Whether the head is ours (SPM's is): it changes the base's."""
        head = MODELS.get(self.config.model.head.type)
        return head is not None and issubclass(head, PINetHead)


def read_table(table: str) -> List[Row]:
    """Read the rows of a table of the paper.

    Args:
        table (str): A key of ``TABLES``.

    Returns:
        list[Row]: In the paper's order.
    """
    known = {model['Name']: model for model in zoo.models()}
    return [
        _read_row(name, zoo.find_config(model), known.get(model))
        for name, model in TABLES[table].items()
    ]


def read_models(configs: Sequence[str]) -> List[Row]:
    """Read configs as the rows of a comparison.

    Args:
        configs (list[str]): Names or paths, as of
            :func:`mmpose_pinet.apis.zoo.find_config`.

    Returns:
        list[Row]: In this order, named by what sets their names apart.

    Raises:
        ValueError: If there is no such config, or two have one name.
    """
    known = {model['Name']: model for model in zoo.models()}
    paths = [zoo.find_config(config) for config in configs]
    stems = [Path(path).stem for path in paths]
    twice = {stem for stem in stems if stems.count(stem) > 1}
    if twice:
        raise ValueError(f'--models has {", ".join(sorted(twice))} more than '
                         'once: give every config a name of its own')
    return [
        _read_row(name, path, known.get(stem))
        for name, path, stem in zip(short_names(stems), paths, stems)
    ]


def short_names(stems: Sequence[str]) -> List[str]:
    """Leave out what the names of configs have in common.

    Args:
        stems (list[str]): ``MODEL_BACKBONE_DATA`` and more.

    Returns:
        list[str]: As ``'pinet'`` and ``'dekr pf'``.
    """
    words = [stem.split('_') for stem in stems]
    common = set(words[0]).intersection(*words[1:])
    return [
        ' '.join(word for word in name if word not in common) or stem
        for name, stem in zip(words, stems)
    ]


def _read_row(name: str, path: str, model: dict) -> Row:
    config = load_config(path)
    if model is None:  # in no metafile
        return Row(name, config)
    result = (model.get('Results') or [{}])[0]
    metrics = result.get('Metrics', {})
    paper = {
        column: round(100 * metrics[key], 1)
        for column, key in PAPER_METRICS.items() if key in metrics
    }
    data = result.get('Dataset', '') if paper else ''
    paper.update({
        column: model['Metadata'][key] / unit
        for column, (key, unit) in PAPER_COSTS.items()
        if key in model['Metadata']
    })
    return Row(name, config, paper, data)
