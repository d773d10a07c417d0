"""Machines, and slurm, played on one machine; and a run of a few seconds."""
import os
import socket
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).parents[2] / 'tools'

CONFIG = '''
_base_ = 'mmpose_pinet::pinet/pinet_hrnet-tiny_drawn-crowd.py'
custom_imports = dict(imports=['mmpose_pinet', 'dying'])
custom_hooks = [dict(type='DyingHook'), dict(type='SyncBuffersHook')]
randomness = dict(seed=0)
load_from = 'random.pth'

size = (64, 64)
codec = dict(
    _delete_=True, type='PartSPR', input_size=size, heatmap_size=(16, 16),
    parts='head', skeleton='coco', decode_max_instances=8)
model = dict(
    backbone=dict(
        extra=dict(
            stage1=dict(num_channels=(4, )),
            stage2=dict(num_blocks=(1, 1), num_channels=(4, 8)),
            stage3=dict(num_blocks=(1, ) * 3, num_channels=(4, 8, 16)),
            stage4=dict(num_blocks=(1, ) * 4, num_channels=(4, 8, 16, 32)))),
    head=dict(in_channels=60, decoder=codec))
target = dict(codec)
target.pop('_delete_')
loader = dict(type='LoadOrientedImage')
train = dict(
    data_root='data/',
    pipeline=[
        loader,
        dict(type='BottomupRandomAffine', input_size=size, rotate_prob=0,
             scale_prob=0, shift_prob=0),
        dict(type='BottomupBoxArea'),
        dict(type='GenerateTarget', encoder=target),
        dict(type='PackPoseInputs')])
test = dict(
    data_root='data/',
    metainfo=dict(from_file='loose.py'),
    pipeline=[
        loader,
        dict(type='BottomupResize', input_size=size, size_factor=64,
             resize_mode='expand'),
        dict(type='PackPoseInputs', meta_keys=(
            'id', 'img_id', 'crowd_index', 'ori_shape', 'img_shape',
            'input_size', 'input_center', 'input_scale', 'flip',
            'flip_direction', 'flip_indices', 'raw_ann_info'))])
train_dataloader = dict(
    batch_size=2, num_workers=0, persistent_workers=False, dataset=train)
val_dataloader = dict(batch_size=1, dataset=test)
test_dataloader = val_dataloader
val_evaluator = dict(type='CrowdLevelMetric', bins=[0, 0.5, 1])
test_evaluator = val_evaluator
train_cfg = dict(max_epochs=1, val_interval=1)
'''

DYING = '''
import os
import signal
import time

from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmpose.registry import HOOKS


@HOOKS.register_module()
class DyingHook(Hook):
    """Ends the second process, at the moment and in the way asked for."""

    def die(self, moment):
        if get_rank() == 1 and os.environ.get('DIES') == moment:
            with open('died', 'w') as file:
                file.write(str(time.time()))
            if os.environ['WAY'] == 'SIGKILL':
                os.kill(os.getpid(), signal.SIGKILL)
            raise ValueError(f'the end came in {moment}')

    def before_train_iter(self, *args, **kwargs):
        self.die('training')

    def before_val_iter(self, *args, **kwargs):
        self.die('validation')

    def after_train_epoch(self, runner):
        self.die('gathering')  # rank 0 waits for the buffers
'''

SRUN = '''#!/usr/bin/env bash
while [[ $1 == -* ]]; do
    case $1 in
    -p) shift ;;
    --ntasks=*) tasks=${1#*=} ;;
    esac
    shift
done
export SLURM_NTASKS=$tasks SLURM_NODELIST='node[1-2]'
for ((i = 0; i < tasks; i++)); do
    SLURM_PROCID=$i SLURM_LOCALID=$i "$@" &
done
for ((i = 0; i < tasks; i++)); do
    wait -n || exit
done
'''
SCONTROL = '''#!/bin/sh
[ "$3" = "node[1-2]" ] && printf "127.0.0.1\\nnode2\\n"
'''


def free_port():
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]


def start(folder, script, *arguments, **variables):
    """Start a script of `tools/` in the folder, with an environment."""
    path = f'{folder}:{Path(sys.executable).parent}:{os.environ["PATH"]}'
    command = [sys.executable] if script.endswith('.py') else ['bash']
    return subprocess.Popen(
        [*command, TOOLS / script, *map(str, arguments)],
        cwd=folder,
        env=dict(
            os.environ,
            PATH=path,
            PYTHONPATH=f'{TOOLS.parent}:{folder}',
            # as torch.distributed.run has it: sums of
            # more threads differ in their last digit
            OMP_NUM_THREADS='1',
            **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True)


def finish(*processes):
    """Wait for processes to end well."""
    for process in processes:
        told, _ = process.communicate(timeout=500)
        assert process.returncode == 0, told
