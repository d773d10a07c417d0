"""What MMPose's train.py and test.py need on a machine with no GPU."""
import os
import subprocess
from argparse import Namespace
from typing import Dict, List

import torch.distributed as dist
from mmengine.config import Config

# SyncBatchNorm refuses CPU tensors, and MMEngine converts to it whatever the
# device: without GPUs, each process has batch norms of its own.
_NORMS = 'sync_bn=None'

# What MMEngine passes to DistributedDataParallel, but for `device_ids`: those
# are GPUs, and on CPU there must be none.
_WRAPPER = ('model_wrapper_cfg.type=MMDistributedDataParallel',
            'model_wrapper_cfg.device_ids=None',
            'model_wrapper_cfg.broadcast_buffers=False')


def cpu_arguments(parsed: Namespace) -> List[str]:
    """Tell what to add to the arguments of train.py or test.py.

    Between processes it starts the group, too: MMEngine's own start of it
    sets a CUDA device whatever the backend, and leaves a group that is there
    alone.

    Args:
        parsed (Namespace): ``config``, ``cfg_options`` and ``launcher``, as
            the script reads them.

    Returns:
        list[str]: Settings of the config, to come after all others.
    """
    added = ['--cfg-options', _NORMS]
    if parsed.launcher not in ('pytorch', 'slurm'):
        return added
    if parsed.launcher == 'slurm':
        os.environ.update(_slurm_environment())
    dist.init_process_group('gloo')
    # MMEngine heeds it only where there is no `model_wrapper_cfg`
    cfg = Config.fromfile(parsed.config)
    cfg.merge_from_dict(parsed.cfg_options or {})
    unused = cfg.get('find_unused_parameters', False)
    return [
        *added, *_WRAPPER, f'model_wrapper_cfg.find_unused_parameters={unused}'
    ]


def _slurm_environment() -> Dict[str, str]:
    """What PyTorch reads, made of what srun sets, as MMEngine does; address
    and port of the first node may be given."""
    given = os.environ
    first_node = subprocess.run(
        ['scontrol', 'show', 'hostname', given['SLURM_NODELIST']],
        capture_output=True,
        text=True,
        check=True).stdout.split()[0]
    return dict(
        MASTER_ADDR=given.get('MASTER_ADDR', first_node),
        MASTER_PORT=given.get('MASTER_PORT', '29500'),
        WORLD_SIZE=given['SLURM_NTASKS'],
        RANK=given['SLURM_PROCID'],
        LOCAL_RANK=given['SLURM_LOCALID'])
