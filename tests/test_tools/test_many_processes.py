"""Trainings and tests on several processes, from their command to the end:
one node, two, and slurm's, all played on one machine with gloo."""
import json
import sys
import time
from pathlib import Path

import mmpose
import pytest
import torch
from played_cluster import (CONFIG, DYING, SCONTROL, SRUN, finish, free_port,
                            start)
from random_weights import save_random_weights

from mmpose_pinet.datasets.drawn import draw_crowd

NUM_IMAGES = 3  # divide neither by two nor by four, which leaves one without

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        torch.cuda.is_available(), reason='the processes would share one GPU')
]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Pictures, a config, weights that find persons, and a slurm."""
    folder = tmp_path_factory.mktemp('processes')
    for split, number in (('train', 8), ('val', NUM_IMAGES)):
        draw_crowd(
            str(folder / 'data'), number, split, image_size=64, num_workers=1)
    (folder / 'config.py').write_text(CONFIG)
    (folder / 'dying.py').write_text(DYING)
    coco = Path(
        mmpose.__file__).parent / '.mim/configs/_base_/datasets/coco.py'
    # weights that were never trained are right now and then
    (folder / 'loose.py').write_text(coco.read_text() +
                                     "\ndataset_info['sigmas'] = [2.] * 17\n")
    for name, text in (('srun', SRUN), ('scontrol', SCONTROL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    sys.path.append(str(folder))  # the config imports `dying`
    save_random_weights(folder / 'random.pth', folder / 'config.py')
    sys.path.remove(str(folder))
    return folder


def into(name):
    """Of test.py: where scores and poses go."""
    return ('--work-dir', name, '--out', f'{name}.json', '--cfg-options',
            f'test_evaluator.outfile_prefix={name}')


def results(folder, name):
    """Scores and poses, to the last digit."""
    return [(folder / file).read_text()
            for file in (f'{name}.json', f'{name}.keypoints.json')]


@pytest.fixture(scope='module')
def alone(folder):
    """What test.py says."""
    finish(start(folder, 'test.py', 'config.py', 'random.pth', *into('alone')))
    scores, poses = results(folder, 'alone')
    assert 0 < json.loads(scores)['coco/AP'] < 1 and len(poses) > 1000
    return scores, poses


@pytest.mark.parametrize('processes', [2, 4])
def test_dist_test_is_test_to_the_last_digit(folder, alone, processes):
    name = f'dist{processes}'
    finish(
        start(
            folder,
            'dist_test.sh',
            'config.py',
            'random.pth',
            processes,
            *into(name),
            PORT=str(free_port())))
    assert tuple(results(folder, name)) == alone


@pytest.fixture(scope='module')
def slurm_weights(folder):
    """Of a training of two processes of slurm."""
    finish(
        start(
            folder,
            'slurm_train.sh',
            'gpu',
            'pinet',
            'config.py',
            'slurm',
            '--no-validate',
            GPUS='2',
            MASTER_PORT=str(free_port())))
    return torch.load(folder / 'slurm/epoch_1.pth')['state_dict']


def test_slurm_test_is_test_to_the_last_digit(folder, alone):
    finish(
        start(
            folder,
            'slurm_test.sh',
            'gpu',
            'pinet',
            'config.py',
            'random.pth',
            *into('slurm_test'),
            GPUS='2',
            MASTER_PORT=str(free_port())))
    assert tuple(results(folder, 'slurm_test')) == alone


def start_two_nodes(folder, script, *arguments):
    port = str(free_port())
    return [
        start(
            folder,
            script,
            *arguments,
            NNODES='2',
            NODE_RANK=str(rank),
            MASTER_ADDR='127.0.0.1',
            PORT=port) for rank in range(2)
    ]


def test_two_nodes_train_and_test_to_the_end(folder, alone, slurm_weights):
    finish(*start_two_nodes(folder, 'dist_train.sh', 'config.py', 1,
                            '--work-dir', 'nodes', '--no-validate'))
    weights = torch.load(folder / 'nodes/epoch_1.pth')['state_dict']
    before = torch.load(folder / 'random.pth')['state_dict']
    assert not torch.equal(weights['head.point_layer.weight'],
                           before['head.point_layer.weight'])
    # two processes are two processes, whoever started them
    assert all(
        torch.equal(weights[name], slurm_weights[name])
        for name in slurm_weights)

    finish(*start_two_nodes(folder, 'dist_test.sh', 'config.py', 'random.pth',
                            1, *into('nodes_test')))
    assert tuple(results(folder, 'nodes_test')) == alone


@pytest.mark.parametrize('moment, way, told', [
    ('training', 'error', 'ValueError: the end came in training'),
    ('training', 'SIGKILL', 'Signal 9 (SIGKILL)'),
    ('gathering', 'error', 'ValueError: the end came in gathering'),
    ('validation', 'error', 'ValueError: the end came in validation'),
    ('validation', 'SIGKILL', 'Signal 9 (SIGKILL)'),
])
def test_a_rank_that_dies_ends_the_job_with_its_error(folder, moment, way,
                                                      told):
    process = start(
        folder,
        'dist_train.sh',
        'config.py',
        2,
        '--work-dir',
        f'{moment}_{way}',
        PORT=str(free_port()),
        DIES=moment,
        WAY=way)
    output, _ = process.communicate(timeout=500)
    assert process.returncode
    assert time.time() - float((folder / 'died').read_text()) < 60
    summary = output[output.index('Root Cause'):]
    assert 'rank      : 1 ' in summary and told in summary
    assert '<NO_OTHER_FAILURES>' in output
