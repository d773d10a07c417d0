"""Training steps on 1, 2 and 4 processes, some of which see nobody."""
import warnings
from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.distributed as dist
from gloo import run_in
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from mmpose.datasets.transforms import GenerateTarget, PackPoseInputs
from mmpose.registry import MODELS

from mmpose_pinet.engine import ChannelsLastHook

PERSONS = [(2, 1), (0, 0), (0, 5), (1, 0)]  # in the images of each process
GROUPS = [1, 2, 4]  # sizes, of the first processes
CODEC = dict(
    type='PartSPR', input_size=(64, 64), heatmap_size=(16, 16), parts='head')
STAGE = dict(num_modules=1, num_blocks=(1, 1), num_channels=(4, 8))
MODEL = dict(
    type='BottomupPoseEstimator',
    data_preprocessor=dict(type='PoseDataPreprocessor'),
    backbone=dict(
        type='HRNet',
        extra=dict(
            stage1=dict(
                num_modules=1,
                num_branches=1,
                block='BASIC',
                num_blocks=(1, ),
                num_channels=(64, )),
            stage2=dict(STAGE, num_branches=2, block='BASIC'),
            stage3=dict(
                STAGE,
                num_branches=3,
                block='BASIC',
                num_blocks=(1, ) * 3,
                num_channels=(4, 8, 16)),
            stage4=dict(
                STAGE,
                num_branches=4,
                block='BASIC',
                num_blocks=(1, ) * 4,
                num_channels=(4, 8, 16, 32),
                multiscale_output=True))),
    head=dict(
        type='PINetHead',
        in_channels=60,
        num_keypoints=17,
        refinement=dict(type='PoseRefinement', num_layers=1),
        decoder=CODEC))


def build_model():
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpose'):
        model = MODELS.build(MODEL)
    model.init_weights()
    return model.train()


def draw_batch(*num_persons):
    """Images as MMPose's pipeline hands them over."""
    rng = np.random.default_rng(sum(num_persons))
    inputs, samples = [], []
    for count in num_persons:
        results = dict(
            img=rng.integers(0, 256, (64, 64, 3), dtype=np.uint8),
            keypoints=rng.uniform(10, 54, (count, 17, 2)).astype(np.float32),
            keypoints_visible=np.ones((count, 17), np.float32),
            area=np.full(count, 1600, np.float32))
        packed = PackPoseInputs()(GenerateTarget(encoder=CODEC)(results))
        inputs.append(packed['inputs'])
        samples.append(packed['data_samples'])
    return dict(inputs=inputs, data_samples=samples)


def build_ddp(group):
    model = build_model()
    ddp = MMDistributedDataParallel(
        model, find_unused_parameters=False, process_group=group)
    ChannelsLastHook().before_run(SimpleNamespace(model=ddp))
    return ddp


def train_two_steps(ddp, batch):
    """Two steps: DDP notices at the second what the first left undone."""
    optim_wrapper = OptimWrapper(torch.optim.SGD(ddp.parameters(), lr=0.1))
    logs, states = [], []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter('always')
        for _ in range(2):
            logs.append(ddp.train_step(batch, optim_wrapper))
            states.append(deepcopy(ddp.module.state_dict()))
    return dict(
        logs=logs,
        states=states,
        warned=[str(warning.message) for warning in warned])


def gradients(model, batch):
    """Of a batch whose norms are as in evaluation: they see its images one
    by one."""
    module = getattr(model, 'module', model)
    for norm in module.modules():
        if isinstance(norm, torch.nn.modules.batchnorm._BatchNorm):
            norm.eval()
    data = module.data_preprocessor(batch, True)
    loss, _ = module.parse_losses(model(**data, mode='loss'))
    loss.backward()
    return {name: p.grad.clone() for name, p in module.named_parameters()}


def run(rank):
    """What a process sees: of each group it is in, and of its training."""
    batch = draw_batch(*PERSONS[rank])
    reduced = {}
    for size in GROUPS:
        group = dist.new_group(list(range(size)))
        if rank < size:
            reduced[size] = gradients(build_ddp(group), batch)
    return dict(
        train_two_steps(build_ddp(None), batch),
        reduced=reduced,
        alone=gradients(build_model(), batch))


@pytest.fixture(scope='module')
def ranks(tmp_path_factory):
    """What each of four processes saw."""
    return run_in(4, run, tmp_path_factory.mktemp('ddp'))


def test_step_ends_with_finite_losses(ranks):
    for rank, seen in enumerate(ranks):
        assert len(seen['logs']) == 2
        for losses in seen['logs']:
            assert all(value.isfinite() for value in losses.values())
            assert losses['loss/heatmap'] > 0
            # where nobody is, nobody is to be displaced or refined
            for name in ('loss/displacement', 'loss/refine'):
                assert (losses[name] > 0) == any(PERSONS[rank])


def test_gradients_lie_as_ddp_keeps_them(ranks):
    """Hooks come after DDP, which warns where a gradient's strides are not
    its weight's: ChannelsLastHook converts images, not weights."""
    for seen in ranks:
        assert not [text for text in seen['warned'] if 'stride' in text]


def test_processes_agree_after_each_step(ranks):
    names = [name for name, _ in build_model().named_parameters()]
    for step in range(2):
        first, *others = [seen['states'][step] for seen in ranks]
        for name in names:
            for other in others:
                assert torch.equal(first[name], other[name]), name


@pytest.mark.parametrize('size', GROUPS)
def test_gradients_are_the_mean_of_those_of_single_processes(ranks, size):
    """Each process divides its losses by its own persons, whatever the
    others have: one with few counts as much as one with many."""
    for name in ranks[0]['alone']:
        mean = sum(seen['alone'][name] for seen in ranks[:size]) / size
        for seen in ranks[:size]:
            torch.testing.assert_close(
                seen['reduced'][size][name], mean, rtol=1e-6, atol=1e-6)


def test_who_sees_nobody_has_no_gradient_of_poses(ranks):
    has = [
        seen['alone']['head.displacement_layer.weight'].any().item()
        for seen in ranks
    ]
    assert has == [any(counts) for counts in PERSONS]
