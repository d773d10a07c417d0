"""Training some layers of a model, and leaving the others alone."""
from typing import Sequence

import torch.nn as nn


def freeze_all_but(model: nn.Module, layers: Sequence[str]) -> None:
    """Let a model learn in some layers alone.

    Args:
        model (nn.Module): The model; its other weights need no gradient
            any more.
        layers (list[str]): Names of layers, such as ``'head.scoring'``.

    Raises:
        ValueError: If the model has no layer of that name.
    """
    known = dict(model.named_modules())
    for name in layers:
        if not isinstance(name, str) or not name or name not in known:
            parent = str(name).rpartition('.')[0]
            nearest = known.get(parent, model)
            raise ValueError(
                f'model.train_only has {name!r}, which is no layer of the '
                f'model: {parent or "it"} has '
                f'{", ".join(n for n, _ in nearest.named_children())}')
    model.requires_grad_(False)
    for name in layers:
        known[name].requires_grad_(True)


def train_all_of(model: nn.Module, layers: Sequence[str]) -> None:
    """Put these layers of a model that trains into training mode, and all
    others into evaluation, so that statistics stay as they are."""
    for child in model.children():
        child.eval()
    for name in layers:
        model.get_submodule(name).train()
