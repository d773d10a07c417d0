"""MMPose's models train and predict where mmcv has no compiled ops.

Their own configs and pipelines at small sizes, with random weights.
"""
import pytest
import torch
from mmcv.ops import DeformConv2d, MultiScaleDeformableAttention
from mmengine.registry import DefaultScope
from mmpose.registry import MODELS
from stand_in import needs_lite
from zoo import (AE, CID, DEKR, RTMO, read_batch, read_config, read_ed_pose,
                 training_pipeline)

from mmpose_pinet.datasets.drawn import draw_crowd

pytestmark = needs_lite


@pytest.fixture(autouse=True)
def scope():
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


@pytest.fixture(scope='module')
def crowd(tmp_path_factory):
    folder = tmp_path_factory.mktemp('crowd')
    draw_crowd(str(folder), 1, image_size=128, num_workers=1)
    return folder


def check_loss_and_gradients(model, cfg, crowd):
    batch = read_batch(training_pipeline(cfg), crowd)
    loss, _ = model.parse_losses(
        model(**model.data_preprocessor(batch, True), mode='loss'))
    assert 0 < loss < float('inf')
    loss.backward()
    for name, parameter in model.named_parameters():
        # what rescores DEKR's poses is trained on its own
        if 'rescore_net' not in name:
            assert parameter.grad.isfinite().all(), name


def check_persons(model, cfg, crowd):
    batch = read_batch(cfg.val_pipeline, crowd, test=True)
    with torch.no_grad():
        sample, = model.eval().test_step(batch)
    persons = sample.pred_instances
    assert persons.keypoints.shape == (len(persons), 17, 2)
    assert len(persons) > 0


def check_layers(model, kind):
    """The layers that call an op learn."""
    layers = [layer for layer in model.modules() if type(layer) is kind]
    assert layers
    for layer in layers:
        for name, parameter in layer.named_parameters():
            assert parameter.grad.any(), name


@pytest.mark.parametrize('name', [DEKR, CID, RTMO])
def test_a_model_trains_and_finds_persons(name, crowd):
    cfg = read_config(name)
    # it would ask a runner for the iteration
    cfg.model.data_preprocessor.pop('batch_augments', None)
    model = MODELS.build(cfg.model)
    check_loss_and_gradients(model, cfg, crowd)
    if name == DEKR:
        check_layers(model, DeformConv2d)
    check_persons(model, cfg, crowd)


def test_associative_embedding_learns_and_finds_persons(crowd):
    """By its outputs: MMPose 1.3 has no config that trains it, and its loss
    refuses pictures of several persons."""
    cfg = read_config(AE)
    model = MODELS.build(cfg.model)
    batch = model.data_preprocessor(read_batch(cfg.val_pipeline, crowd), True)
    outputs = model(**batch, mode='tensor')
    sum(output.square().mean() for output in outputs).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.isfinite().all(), name
    check_persons(model, cfg, crowd)


@pytest.mark.slow
def test_ed_pose_learns_and_finds_persons(crowd):
    """By its outputs: MMPose's head has no loss."""
    cfg = read_ed_pose()
    model = MODELS.build(cfg.model).eval()
    # memory that nobody wrote: MMPose's init_weights stops with an error
    # before it comes here
    torch.nn.init.normal_(model.head.level_embed)
    batch = model.data_preprocessor(read_batch(cfg.val_pipeline, crowd), True)
    outputs = model.head(
        model.extract_feat(batch['inputs']), batch['data_samples'])
    sum(output.square().mean() for output in outputs).backward()
    check_layers(model, MultiScaleDeformableAttention)
    check_persons(model, cfg, crowd)
