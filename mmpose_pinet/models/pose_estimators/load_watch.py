"""Weights that are loaded into a model while it predicts."""
from contextlib import contextmanager
from typing import Iterator

import torch.nn as nn


class LoadWatch:
    """Notice when a thread loads weights into a model that predicts.

    What is found by layers of the old weights and layers of the new ones is
    nobody's. PyTorch's and MMEngine's ``load_state_dict`` and what stands on
    them are noticed; what writes to tensors one by one is not.

    Args:
        model (nn.Module): Calls :meth:`begin` in its own
            ``_load_from_state_dict``, and holds this as ``load_watch``.
    """

    def __init__(self, model: nn.Module) -> None:
        self._count = 0
        self._loading = False
        model.register_load_state_dict_post_hook(_end)

    def begin(self) -> None:
        """Note that loading begins."""
        self._count += 1
        self._loading = True

    def end(self) -> None:
        """Note that loading has ended."""
        self._loading = False

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Do something for which weights must stay as they are.

        Raises:
            RuntimeError: If weights have been loaded in the meantime.
        """
        before = self._count, self._loading
        yield
        if before != (self._count, False):
            raise RuntimeError(
                'weights were loaded into this model while it predicted: what '
                'it found is thrown away. Load them into another model and '
                'take that one from then on, or let loading and predictions '
                'take turns')


def _end(model: nn.Module, incompatible_keys: tuple) -> None:
    model.load_watch.end()
