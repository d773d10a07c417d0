"""Which passes of a training are replayed, and what they leave alone."""
from copy import deepcopy
from types import SimpleNamespace

import pytest
import torch
import torch.nn as nn

from mmpose_pinet.engine import CudaGraphsHook
from mmpose_pinet.engine.cuda_graphs_hook import ReplayedForward

needs_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason='no GPU is here')


class Backbone(nn.Sequential):

    def __init__(self):
        torch.manual_seed(0)
        super().__init__(
            nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU())

    def forward(self, images):
        return [super().forward(images)]


def draw_images(number=2, seed=1):
    return torch.rand(number, 3, 9, 9, generator=torch.manual_seed(seed))


def replayed():
    """A backbone, and the inputs of its replays."""
    backbone, inputs = Backbone(), []

    def record(module, images):

        def replay(images):
            inputs.append(images)
            return module(images)

        return replay

    backbone.forward = ReplayedForward(backbone, record)
    return backbone, inputs


def test_batches_of_the_first_form_are_replayed():
    backbone, inputs = replayed()
    plain = Backbone()
    for number in 2, 1, 2:
        out, = backbone(draw_images(number))
        assert torch.equal(out, plain(draw_images(number))[0])
    assert [len(x) for x in inputs] == [2, 2]


@pytest.mark.parametrize('images', [
    draw_images().contiguous(memory_format=torch.channels_last),
    draw_images(3)
])
def test_others_are_not(images):
    backbone, inputs = replayed()
    backbone(draw_images())
    backbone(images)
    assert len(inputs) == 1


def test_nor_are_tests():
    backbone, inputs = replayed()
    backbone(draw_images())
    with torch.no_grad():
        backbone(draw_images())
    backbone.eval()
    backbone(draw_images())
    assert len(inputs) == 1


def test_nor_are_weights_that_lie_elsewhere():
    backbone, inputs = replayed()
    backbone(draw_images())
    backbone[0].weight.data.mul_(2)
    backbone(draw_images())
    assert len(inputs) == 2
    backbone[0].weight.data = backbone[0].weight.data * 2
    backbone(draw_images())
    assert len(inputs) == 2


def test_gradients_of_another_batch_are_not_overwritten():
    backbone, _ = replayed()
    backbone(draw_images())[0].sum().backward()
    with pytest.raises(RuntimeError, match='gradients of the last batch'):
        backbone(draw_images())
    backbone.zero_grad(set_to_none=True)
    backbone(draw_images())


def run(model, counts=1):
    runner = SimpleNamespace(
        model=model,
        optim_wrapper=SimpleNamespace(_accumulative_counts=counts))
    CudaGraphsHook().before_train(runner)
    return runner


class Model(nn.Module):

    def __init__(self):
        super().__init__()
        self.backbone = Backbone()


def test_a_cpu_is_refused():
    with pytest.raises(ValueError, match='one GPU'):
        run(Model())


@needs_gpu
def test_accumulated_gradients_are_refused():
    with pytest.raises(ValueError, match='accumulative_counts=1, not 4'):
        run(Model().cuda(), counts=4)


@needs_gpu
def test_after_a_training_the_model_is_as_it_was():
    model = Model().cuda()
    runner = run(model)
    assert isinstance(model.backbone.forward, ReplayedForward)
    CudaGraphsHook().after_train(runner)
    deepcopy(model)
    assert not isinstance(model.backbone.forward, ReplayedForward)


@needs_gpu
@pytest.mark.parametrize('dtype', [None, torch.bfloat16])
def test_on_a_gpu_training_is_what_it_is_without(dtype):
    models = [Model().cuda(), Model().cuda()]
    run(models[1])
    optimizers = [torch.optim.SGD(x.parameters(), 0.1) for x in models]
    for step in range(4):
        images = draw_images(2 - step // 3, seed=step).cuda()
        for model, optimizer in zip(models, optimizers):
            with torch.autocast('cuda', dtype, enabled=dtype is not None):
                maps, = model.backbone(images)
            maps.float().square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()
    plain, graphed = (x.state_dict() for x in models)
    start = Model().state_dict()
    for name, value in plain.items():
        torch.testing.assert_close(
            graphed[name], value, rtol=1e-3, atol=1e-4, msg=name)
        assert not torch.equal(value.cpu(), start[name])
