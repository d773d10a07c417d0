"""The shell scripts start train.py and test.py with the arguments and the
environment variables of MMPose's."""
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import mmpose_pinet  # noqa: F401  loads checkpoints with torch >= 2.6

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / 'tools'


def started(script: str, *arguments: str, tmp_path: Path, **variables) -> list:
    """The command line that a shell script starts: `python` and `srun` are
    stand-ins that tell their arguments."""
    for program in ('python', 'srun'):
        stand_in = tmp_path / program
        stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$PYTHONPATH" "$@"\n')
        stand_in.chmod(0o755)
    done = subprocess.run([TOOLS / script, *arguments],
                          env=dict(
                              variables,
                              PATH=f'{tmp_path}:{os.environ["PATH"]}'),
                          capture_output=True,
                          text=True,
                          check=True)
    python_path, *command = done.stdout.splitlines()
    assert Path(python_path).resolve() == ROOT
    return command


def test_dist_train(tmp_path):
    command = started(
        'dist_train.sh',
        'a.py',
        '8',
        '--cfg-options',
        'a=[1, 2]',
        tmp_path=tmp_path)
    assert command == [
        '-m', 'torch.distributed.run', '--nnodes=1', '--node_rank=0',
        '--master_addr=127.0.0.1', '--master_port=29500', '--nproc_per_node=8',
        f'{TOOLS}/train.py', 'a.py', '--launcher', 'pytorch', '--cfg-options',
        'a=[1, 2]'
    ]


def test_dist_test_on_several_nodes(tmp_path):
    command = started(
        'dist_test.sh',
        'a.py',
        'a.pth',
        '4',
        '--out',
        'a.json',
        tmp_path=tmp_path,
        NNODES='2',
        NODE_RANK='1',
        MASTER_ADDR='10.0.0.1',
        PORT='29501')
    assert command == [
        '-m', 'torch.distributed.run', '--nnodes=2', '--node_rank=1',
        '--master_addr=10.0.0.1', '--master_port=29501', '--nproc_per_node=4',
        f'{TOOLS}/test.py', 'a.py', 'a.pth', '--launcher', 'pytorch', '--out',
        'a.json'
    ]


def test_slurm_train(tmp_path):
    command = started(
        'slurm_train.sh',
        'gpu',
        'pinet',
        'a.py',
        'work',
        '--amp',
        tmp_path=tmp_path,
        GPUS='16',
        CPUS_PER_TASK='4',
        SRUN_ARGS='--quotatype=auto -x node1')
    assert command == [
        '-p', 'gpu', '--job-name=pinet', '--gres=gpu:8', '--ntasks=16',
        '--ntasks-per-node=8', '--cpus-per-task=4', '--kill-on-bad-exit=1',
        '--quotatype=auto', '-x', 'node1', 'python', '-u', f'{TOOLS}/train.py',
        'a.py', '--work-dir=work', '--launcher=slurm', '--amp'
    ]


def test_slurm_test(tmp_path):
    command = started(
        'slurm_test.sh',
        'gpu',
        'pinet',
        'a.py',
        'a.pth',
        tmp_path=tmp_path,
        GPUS='1',
        GPUS_PER_NODE='1')
    assert command == [
        '-p', 'gpu', '--job-name=pinet', '--gres=gpu:1', '--ntasks=1',
        '--ntasks-per-node=1', '--cpus-per-task=5', '--kill-on-bad-exit=1',
        'python', '-u', f'{TOOLS}/test.py', 'a.py', 'a.pth', '--launcher=slurm'
    ]


TOY = '''
import torch

import mmpose_pinet  # noqa: F401  loads checkpoints with torch >= 2.6
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, MODELS


@DATASETS.register_module()
class OneAndThree:

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (1., 3.)[index]


@MODELS.register_module()
class Weight(BaseModel):

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        # teaches nothing; synced, it refuses CPU tensors
        self.norm = torch.nn.BatchNorm1d(1)

    def forward(self, number, mode):
        normed = self.norm(torch.eye(2)[:, :1])
        return dict(loss=(self.weight - number)**2 + 0 * normed.sum())
'''

CONFIG = '''
custom_imports = dict(imports=['toy'])
model = dict(type='Weight')
train_dataloader = dict(
    batch_size=1,
    num_workers=0,
    dataset=dict(type='OneAndThree'),
    sampler=dict(type='DefaultSampler', shuffle=False))
train_cfg = dict(by_epoch=True, max_epochs=1)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))
env_cfg = dict(dist_cfg=dict(backend='nccl'))
sync_bn = 'torch'
'''


@pytest.mark.skipif(
    torch.cuda.is_available(), reason='the processes would share one GPU')
@pytest.mark.slow
def test_dist_train_runs_two_processes_without_a_gpu(tmp_path):
    (tmp_path / 'toy.py').write_text(TOY)
    (tmp_path / 'config.py').write_text(CONFIG)
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    done = subprocess.run(
        [TOOLS / 'dist_train.sh', 'config.py', '2', '--work-dir', 'work'],
        cwd=tmp_path,
        env=dict(
            os.environ,
            PYTHONPATH=str(tmp_path),
            PORT=str(port),
            PATH=f'{Path(sys.executable).parent}:{os.environ["PATH"]}'),
        capture_output=True,
        text=True)
    assert done.returncode == 0, done.stderr
    # One step on both numbers: the mean of the gradients -2 * 1 and -2 * 3.
    weight = torch.load(tmp_path / 'work' / 'epoch_1.pth')['state_dict']
    assert weight['weight'].item() == pytest.approx(0.1 * (2 + 6) / 2)
