"""Processes of a distributed run on a CPU."""
import multiprocessing
import os
from datetime import timedelta

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def run_in(num_processes, function, folder):
    """Run ``function(rank)`` in so many processes of one group.

    Returns:
        list: What each of them returned.
    """
    # one process imports what takes seconds, and the others are forks of it
    multiprocessing.set_forkserver_preload(
        ['mmpose_pinet', 'mmpose.datasets', 'mmpose.evaluation'])
    mp.start_processes(
        _run,
        args=(num_processes, function, str(folder)),
        nprocs=num_processes,
        start_method='forkserver')
    return [
        torch.load(f'{folder}/rank{rank}.pth') for rank in range(num_processes)
    ]


def _run(rank, num_processes, function, folder):
    torch.set_num_threads(1)
    dist.init_process_group(
        'gloo',
        init_method=f'file://{folder}/store',
        rank=rank,
        world_size=num_processes,
        timeout=timedelta(minutes=1))
    torch.save(function(rank), f'{folder}/rank{rank}.pth')
    # Until all are done. Then away without taking the group apart: PyTorch
    # 2.1 waits there for gloo's thread and holds the lock that this thread
    # needs to free its last tensor, one time in ten for ever.
    dist.barrier()
    os._exit(0)
