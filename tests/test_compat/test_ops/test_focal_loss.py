"""Losses are those of the formula, gradients those of differences."""
import math

import numpy as np
import pytest
import torch
from mmcv.ops import sigmoid_focal_loss
from stand_in import needs_lite
from torch.autograd import gradcheck

pytestmark = needs_lite

LOGITS = torch.tensor([[2., -1, 0.5], [-3, 0.2, 1], [0, 4, -2]]).double()
TARGET = torch.tensor([0, 2, 3])  # 3 is background
WEIGHT = torch.tensor([0.5, 2, 1]).double()


def loss_of(logit, is_class, gamma, alpha):
    p = 1 / (1 + math.exp(-logit))
    if is_class:
        return -alpha * (1 - p)**gamma * math.log(p)
    return -(1 - alpha) * p**gamma * math.log(1 - p)


@pytest.mark.parametrize('gamma, alpha', [(2, 0.25), (0.5, 0.6)])
def test_losses_are_those_of_the_formula(gamma, alpha):
    losses = sigmoid_focal_loss(LOGITS, TARGET, gamma, alpha, None, 'none')
    expected = [[
        loss_of(logit, c == target, gamma, alpha)
        for c, logit in enumerate(row)
    ] for row, target in zip(LOGITS.tolist(), TARGET.tolist())]
    np.testing.assert_allclose(losses, expected)
    for reduction, divisor in (('mean', 3), ('sum', 1)):
        loss = sigmoid_focal_loss(LOGITS, TARGET, gamma, alpha, None,
                                  reduction)
        assert loss.item() == pytest.approx(np.sum(expected) / divisor)


def test_weights_are_of_the_rows_class():
    plain, weighed = (
        sigmoid_focal_loss(LOGITS[:2], TARGET[:2], 2, 0.25, weight, 'none')
        for weight in (None, WEIGHT))
    np.testing.assert_allclose(weighed[0], plain[0] * 0.5)
    np.testing.assert_allclose(weighed[1], plain[1])


@pytest.mark.parametrize('gamma', [0.5, 2])
@pytest.mark.parametrize('reduction', ['none', 'mean', 'sum'])
def test_gradients(gamma, reduction):
    logits = LOGITS.clone().requires_grad_()
    assert gradcheck(
        lambda logits: sigmoid_focal_loss(logits, TARGET, gamma, 0.25, None,
                                          reduction), logits)


def test_a_certain_network_has_finite_gradients():
    logits = torch.tensor([[200., -200], [-200, 200]], requires_grad=True)
    loss = sigmoid_focal_loss(logits, torch.tensor([0, 0]), 0.5, 0.25)
    loss.backward()
    assert loss.isfinite() and logits.grad.isfinite().all()
    assert logits.grad[0].tolist() == [0, 0]  # it is right
    assert logits.grad[1].abs().min() > 0.1  # it is wrong
