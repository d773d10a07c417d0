"""Which backbones get their images in which memory format."""
import logging
from types import SimpleNamespace

import pytest
import torch
import torch.nn as nn

from mmpose_pinet.engine import ChannelsLastHook


class Model(nn.Module):
    """A backbone that keeps what it was given."""

    def __init__(self, **conv):
        super().__init__()
        self.backbone = nn.Conv2d(4, 4, 3, **conv)
        self.backbone.register_forward_hook(self.keep)

    def keep(self, module, inputs, out):
        self.seen, self.out = inputs[0], out


def run(model, times=1):
    runner = SimpleNamespace(model=model, logger=logging.getLogger())
    for _ in range(times):
        ChannelsLastHook().before_run(runner)
    image = torch.rand(2, 4, 8, 8)
    expected = model.backbone(image)
    return image, expected


def test_images_arrive_channels_last_and_weights_stay():
    model = Model()
    image, _ = run(model)
    assert model.seen.is_contiguous(memory_format=torch.channels_last)
    assert model.out.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(model.seen, image)
    assert model.backbone.weight.is_contiguous()


def test_a_training_and_its_test_convert_once():
    model = Model()
    run(model, times=2)
    assert len(model.backbone._forward_pre_hooks) == 1


@pytest.mark.parametrize('groups', [2, 4])
def test_grouped_convolutions_are_left_alone(groups, caplog):
    """They are over three times slower so."""
    model = Model(groups=groups)
    with caplog.at_level(logging.INFO):
        run(model)
    assert model.seen.is_contiguous()
    assert 'ChannelsLastHook leaves the model as it is' in caplog.text


@pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU is here')
def test_weights_follow_on_a_gpu():
    model = Model().cuda()
    runner = SimpleNamespace(model=model, logger=logging.getLogger())
    ChannelsLastHook().before_run(runner)
    assert model.backbone.weight.is_contiguous(
        memory_format=torch.channels_last)
