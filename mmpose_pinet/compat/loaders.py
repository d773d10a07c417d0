"""Lets MMEngine load checkpoints without running what they hold.

``init_model``, the inferencers, ``load_from``, ``--resume`` and ``init_cfg``
load through MMEngine's :class:`CheckpointLoader`, whose loaders unpickle
whatever a file holds: any file with PyTorch < 2.6, and files from the network
with every PyTorch. Importing this module registers loaders of the same names
that read with :func:`load_checkpoint_file`. With ``PINET_TRUST_CHECKPOINTS=1``
in the environment MMEngine's own stay.
"""
import os
import sys
from pathlib import Path
from typing import Optional, Union
from urllib.parse import urlparse

import torch
from mmengine.dist import barrier, is_main_process
from mmengine.fileio import get_file_backend
from mmengine.runner import CheckpointLoader
from mmengine.runner import checkpoint as mmengine_checkpoint

from .checkpoints import load_checkpoint_file

TRUST = 'PINET_TRUST_CHECKPOINTS'
Device = Union[str, torch.device, None]


def load_from_local(filename: str, map_location: Device = None) -> dict:
    """Load a file of this machine.

    Args:
        filename (str): Its path; ``~`` is the home folder.
        map_location (str | torch.device, optional): Where tensors go. By
            default to the CPU.

    Returns:
        dict: What it holds, without texts of configs.

    Raises:
        OSError, ValueError: As of :func:`load_checkpoint_file`.
    """
    content = load_checkpoint_file(
        Path(filename).expanduser(),
        'cpu' if map_location is None else map_location)
    # MMEngine runs these as Python: meta.config when a training resumes, the
    # others where an inferencer is given weights alone.
    hub = content.get('message_hub')
    for place in (content.get('meta'),
                  hub.get('runtime_info') if isinstance(hub, dict) else None):
        if isinstance(place, dict):
            place.pop('config', None)
            place.pop('cfg', None)
    return content


def load_from_http(filename: str, map_location: Device = None) -> dict:
    """Download a file to where PyTorch keeps such files, unless it is there,
    and load it. Of several processes the first one goes ahead.

    Args:
        filename (str): Its address.
        map_location (str | torch.device, optional): See
            :func:`load_from_local`, as for what it returns and raises.
    """
    if not is_main_process():
        barrier()
        return load_from_local(_download(filename), map_location)
    try:
        place = _download(filename)
    finally:
        barrier()  # if it failed, the others do not wait for it
    return load_from_local(place, map_location)


def load_from_torchvision(filename: str, map_location: Device = None) -> dict:
    """Load ``torchvision://NAME``, as :func:`load_from_http` does."""
    models = mmengine_checkpoint.get_torchvision_models()
    return load_from_http(_find(filename, models), map_location)


def load_from_openmmlab(filename: str, map_location: Device = None) -> dict:
    """Load ``open-mmlab://NAME``, as :func:`load_from_http` does, or from
    MMEngine's folder where its own list says so."""
    models = mmengine_checkpoint.get_external_models()
    for old, new in mmengine_checkpoint.get_deprecated_model_names().items():
        models.setdefault(old, models.get(new))
    address = _find(filename, models)
    if address.startswith(('http://', 'https://')):
        return load_from_http(address, map_location)
    home = mmengine_checkpoint._get_mmengine_home()
    return load_from_local(os.path.join(home, address), map_location)


def load_from_mmcls(filename: str, map_location: Device = None) -> dict:
    """Load ``mmcls://NAME``, as :func:`load_from_http` does: the backbone,
    without ``backbone.`` before its names."""
    models = mmengine_checkpoint.get_mmcls_models()
    content = load_from_http(_find(filename, models), map_location)
    return dict(
        state_dict={
            name[len('backbone.'):]: value
            for name, value in content.get('state_dict', content).items()
            if name.startswith('backbone.')
        })


def load_from_ceph(filename: str, map_location: Device = None) -> dict:
    """Load ``s3://...`` or ``petrel://...``, by MMEngine's backend for it."""
    backend = get_file_backend(filename, backend_args=dict(backend='petrel'))
    with backend.get_local_path(filename) as path:
        return load_from_local(str(path), map_location)


def load_from_pavi(filename: str, map_location: Device = None) -> dict:
    """Refuse: MMEngine's loader for it reads without a check."""
    raise ValueError(f'{filename} cannot be loaded without running what it '
                     f'holds: download it, and name the file. If you trust '
                     f'it, set {TRUST}=1 in the environment')


def _download(address: str) -> str:
    folder = Path(torch.hub.get_dir(), 'checkpoints')
    name = Path(urlparse(address).path).name
    if name in ('', '..'):
        raise ValueError(f'{address} names no file: name the address of one')
    place = folder / name
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f'Downloading: "{address}" to {place}', file=sys.stderr)
        torch.hub.download_url_to_file(
            address, str(place), progress=sys.stderr.isatty())
    return str(place)


def _find(filename: str, models: dict) -> str:
    """The address of ``SCHEME://NAME``."""
    name = filename.partition('://')[2]
    if models.get(name) is None:
        raise ValueError(f'{filename} names no model that MMEngine knows: '
                         'name another one, or a file')
    return models[name]


def register_loaders(environment: Optional[dict] = None) -> None:
    """Put these loaders in the place of MMEngine's, unless told otherwise.

    Args:
        environment (dict[str, str], optional): Of the process, by default.
    """
    if (environment or os.environ).get(TRUST) == '1':
        return
    for prefixes, loader in (
        ('', load_from_local),
        (('http://', 'https://'), load_from_http),
        (('modelzoo://', 'torchvision://'), load_from_torchvision),
        (('open-mmlab://', 'openmmlab://'), load_from_openmmlab),
        ('mmcls://', load_from_mmcls),
        ((r'(\S+\:)?s3://', r'(\S+\:)?petrel://'), load_from_ceph),
        ('pavi://', load_from_pavi),
    ):
        CheckpointLoader.register_scheme(prefixes, loader, force=True)


register_loaders()
