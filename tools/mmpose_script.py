"""Runs one of MMPose's own scripts with PINet registered.

MMPose ships ``tools/train.py`` and ``tools/test.py`` in its wheel; ours are
those, argument for argument. On a machine with no GPU they set what MMEngine
and PyTorch need there.
"""
import argparse
import runpy
import sys
from pathlib import Path

import mmpose
import torch.distributed as dist
from mmengine.device import get_device

import mmpose_pinet  # noqa: F401  registers the components

# SyncBatchNorm refuses CPU tensors, and MMEngine converts to it whatever the
# device: without GPUs, each process has batch norms of its own.
_CPU_NORMS = 'sync_bn=None'

# What MMEngine passes to DistributedDataParallel, but for `device_ids`: those
# are GPUs, and on CPU there must be none.
_CPU_WRAPPER = ('model_wrapper_cfg.type=MMDistributedDataParallel',
                'model_wrapper_cfg.device_ids=None',
                'model_wrapper_cfg.broadcast_buffers=False')


def run(name: str) -> None:
    """Run MMPose's script ``tools/<name>`` on this process's arguments."""
    script = _find(name)
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument('--launcher')
    launcher = parser.parse_known_args()[0].launcher
    if get_device() == 'cpu':
        sys.argv += ['--cfg-options', _CPU_NORMS]
        if launcher == 'pytorch':
            # MMEngine's own start of the processes sets a CUDA device
            # whatever the backend; it leaves a group that is there alone.
            dist.init_process_group('gloo')
            sys.argv += _CPU_WRAPPER
    runpy.run_path(str(script), run_name='__main__')


def _find(name: str) -> Path:
    package = Path(mmpose.__file__).resolve().parent
    # Installed as a wheel, and in place from a clone.
    places = [package / '.mim/tools' / name, package.parent / 'tools' / name]
    for place in places:
        if place.is_file():
            return place
    raise FileNotFoundError(
        f'MMPose {mmpose.__version__} has its script {name} neither at '
        f'{places[0]} nor at {places[1]}. Install MMPose from its wheel '
        '(pip install --no-deps mmpose) or in place from a whole clone.')
