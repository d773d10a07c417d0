"""A training step on two processes, one of which sees nobody."""
import warnings
from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from gloo import run_two
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from mmpose.datasets.transforms import GenerateTarget, PackPoseInputs
from mmpose.registry import MODELS

from mmpose_pinet.engine import ChannelsLastHook

LEARNING_RATE = 0.1
PERSONS = [(2, 1), (0, 0)]  # in the images of each process
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


def train(rank):
    """Two steps: DDP notices at the second what the first left undone."""
    model = build_model()
    start = deepcopy(model.state_dict())
    ddp = MMDistributedDataParallel(model, find_unused_parameters=False)
    ChannelsLastHook().before_run(SimpleNamespace(model=ddp))
    optimizer = torch.optim.SGD(ddp.parameters(), lr=LEARNING_RATE)
    optim_wrapper = OptimWrapper(optimizer)
    logs, states = [], []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter('always')
        for _ in range(2):
            logs.append(
                ddp.train_step(draw_batch(*PERSONS[rank]), optim_wrapper))
            states.append(deepcopy(model.state_dict()))
    return dict(
        start=start,
        logs=logs,
        states=states,
        warned=[str(warning.message) for warning in warned])


@pytest.fixture(scope='module')
def ranks(tmp_path_factory):
    """What each process had at the start and after each step."""
    return run_two(train, tmp_path_factory.mktemp('ddp'))


def gradients_alone(rank):
    """Of one process by itself, on its own images."""
    model = build_model()
    ChannelsLastHook().before_run(SimpleNamespace(model=model))
    data = model.data_preprocessor(draw_batch(*PERSONS[rank]), True)
    loss, _ = model.parse_losses(model(**data, mode='loss'))
    loss.backward()
    return {name: p.grad for name, p in model.named_parameters()}


def test_step_ends_with_finite_losses(ranks):
    for rank, seen in enumerate(ranks):
        assert len(seen['logs']) == 2
        for losses in seen['logs']:
            assert all(value.isfinite() for value in losses.values())
            assert losses['loss/heatmap'] > 0
            # nobody to displace or to refine in the second process
            for name in ('loss/displacement', 'loss/refine'):
                assert (losses[name] > 0) == (rank == 0)


def test_gradients_lie_as_ddp_keeps_them(ranks):
    """Hooks come after DDP, which warns where a gradient's strides are not
    its weight's: ChannelsLastHook converts images, not weights."""
    for seen in ranks:
        assert not [text for text in seen['warned'] if 'stride' in text]


def test_processes_agree_after_each_step(ranks):
    names = [name for name, _ in build_model().named_parameters()]
    for step in range(2):
        states = [seen['states'][step] for seen in ranks]
        for name in names:
            assert torch.equal(states[0][name], states[1][name]), name


def test_step_follows_the_mean_gradient_of_both(ranks):
    """Gradients of two single processes, computed here without DDP."""
    alone = [gradients_alone(rank) for rank in range(2)]
    assert not alone[1]['head.displacement_layer.weight'].any()
    start, after = ranks[0]['start'], ranks[0]['states'][0]
    for name in alone[0]:
        mean = (alone[0][name] + alone[1][name]) / 2
        step = (start[name] - after[name]) / LEARNING_RATE
        torch.testing.assert_close(step, mean, rtol=1e-2, atol=1e-5)
    moved = start['head.displacement_layer.weight'] \
        - after['head.displacement_layer.weight']
    assert moved.any()
