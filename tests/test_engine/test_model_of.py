"""The model itself, whatever a run has put around it."""
from types import SimpleNamespace

import torch.nn as nn

from mmpose_pinet.engine.model_of import model_of


def test_a_model_is_given_as_it_is_and_out_of_its_wrapper():
    model = nn.Linear(1, 1)

    assert model_of(SimpleNamespace(model=model)) is model
    assert model_of(SimpleNamespace(model=nn.DataParallel(model))) is model
