"""What a GPU does with inputs of one shape, recorded once and replayed."""
from collections import OrderedDict
from itertools import chain
from operator import is_
from threading import Lock
from typing import (Callable, ContextManager, Dict, Hashable, List, Optional,
                    Sequence, Tuple)

import torch
import torch.nn as nn
from torch import Tensor

Function = Callable[..., Sequence[Tensor]]
Replay = Callable[..., Tuple[Tensor, ...]]


class CudaGraphs:
    """Recordings of what functions of tensors ask of a GPU.

    Where a kernel takes less time than Python takes to ask for it, the GPU
    waits for Python: HRNet has a thousand such kernels. A recording asks for
    all of them at once.

    A function is recorded when inputs of a form (shape, strides, type,
    device) come for the second time: the first time it runs as it is, which
    sets up the libraries. A replay reads weights where they lie, so it sees
    what has been written to them. Where modules or their tensors are other
    ones or lie elsewhere, or a module was switched between training and
    evaluation, all recordings are made anew; another autocast type has its
    own. PyTorch's switches, such as the one of TF32, count as they were.

    Calls take turns. Copies of an object, and pickled ones, start empty.

    Args:
        record (callable): Turns a function and inputs into its replay.
        limit (int): Recordings that are kept, those used last. They share
            memory for what lies between inputs and outputs. Defaults to 16:
            COCO has so many shapes.
    """

    def __init__(self,
                 record: Optional[Callable[..., Replay]] = None,
                 limit: int = 16) -> None:
        self._record = record or Recorder()
        self._limit = limit
        self._lock = Lock()
        self._watch: Optional[Watch] = None
        self._functions: Dict[Hashable, Function] = {}
        # None where a form has come once
        self._replays: 'OrderedDict[Hashable, Optional[Replay]]' = \
            OrderedDict()

    def __reduce__(self) -> tuple:
        return CudaGraphs, ()

    def __call__(self, build: Callable[[], Function],
                 modules: Sequence[nn.Module], tensors: Sequence[Tensor],
                 *settings: Hashable) -> Sequence[Tensor]:
        """Call a function, or replay it.

        Args:
            build (callable): Makes the function, which asks for the same
                kernels each time and never waits for the GPU. It is called
                once for all forms of inputs.
            modules (list[nn.Module]): Whose weights the function reads.
            tensors (list[Tensor]): Its inputs.
            *settings: All else that it depends on.

        Returns:
            tuple[Tensor]: What it gives, which no later call overwrites.

        Raises:
            RuntimeError: If it cannot be recorded.
        """
        settings = autocast_type(), *settings
        form = settings, tuple(
            (x.shape, x.stride(), x.dtype, x.device) for x in tensors)
        with self._lock:
            replay = self._replays.get(form)
            if replay is not None:
                outputs = replay(*tensors)
                # looked after while the GPU is busy
                if self._watch.holds(modules):
                    self._replays.move_to_end(form)
                    return outputs
                torch.cuda.synchronize()
            if self._watch is None or not self._watch.holds(modules):
                self._replays.clear()
                self._functions.clear()
                self._watch = Watch(modules)
            if settings not in self._functions:
                self._functions[settings] = build()
            function = self._functions[settings]
            known = form in self._replays
            replay = self._record(function, tensors) if known else None
            self._replays[form] = replay
            self._replays.move_to_end(form)
            if len(self._replays) > self._limit:
                self._replays.popitem(last=False)
            return (replay or function)(*tensors)


def can_replay(module: nn.Module, test_cfg: dict, tensor: Tensor) -> bool:
    """Tell whether a test asks for replays, and can have them.

    Args:
        module (nn.Module): The module that tests.
        test_cfg (dict): ``cuda_graphs`` is the wish, ``False`` by default.
        tensor (Tensor): An input: on a GPU, and without gradients.
    """
    return (test_cfg.get('cuda_graphs', False) and tensor.is_cuda
            and not module.training and not torch.is_grad_enabled())


class Watch:
    """Notice when modules are no longer what they were.

    What is written to a tensor is not noticed; that it is another tensor, or
    lies elsewhere, is. Their memory stays theirs until the watch ends, so
    that a replay that comes too late reads old weights and nothing else.

    Args:
        modules (list[nn.Module]): With all their layers.
    """

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        self._roots = list(modules)
        self._layers = [x for root in modules for x in root.modules()]
        self._tables = [
            table for layer in self._layers
            for table in (layer._modules, layer._parameters, layer._buffers)
        ]
        self._members = list(self._list_members())
        self._tensors = [x for x in self._members if isinstance(x, Tensor)]
        self._kept = [x.detach() for x in self._tensors]
        self._state = self._list_state()

    def holds(self, modules: Sequence[nn.Module]) -> bool:
        """Tell whether these are the modules, and all is as it was."""
        return (_same(modules, self._roots)
                and _same(list(self._list_members()), self._members)
                and self._list_state() == self._state)

    def _list_members(self):
        return chain.from_iterable(table.values() for table in self._tables)

    def _list_state(self) -> List[Hashable]:
        return [layer.training
                for layer in self._layers] + [(x.data_ptr(), x.stride())
                                              for x in self._tensors]


class Recorder:
    """Record functions on a GPU; their recordings share memory."""

    def __init__(self) -> None:
        self._pool = None

    def __call__(self, function: Function,
                 tensors: Sequence[Tensor]) -> Replay:
        """Record what a function does with tensors of this form.

        Args:
            function (callable): Has run on tensors of this form before.
            tensors (list[Tensor]): On a GPU.

        Returns:
            callable: From other tensors of this form to what the function
            would give.

        Raises:
            RuntimeError: If the function waits for the GPU.
        """
        if self._pool is None:
            self._pool = torch.cuda.graph_pool_handle()
        graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(False), torch.no_grad(), \
                without_autocast_cache():
            inputs = [x.clone() for x in tensors]
            try:
                with torch.cuda.graph(
                        graph, self._pool, capture_error_mode='thread_local'):
                    outputs = function(*inputs)
            except RuntimeError as error:
                raise RuntimeError(
                    'What this model does on the GPU cannot be recorded '
                    f'({error}): set model.test_cfg.cuda_graphs=False'
                ) from error

        def replay(*tensors: Tensor) -> Tuple[Tensor, ...]:
            for own, tensor in zip(inputs, tensors):
                own.copy_(tensor)
            graph.replay()
            return tuple(x.clone() for x in outputs)

        return replay


def autocast_type() -> Optional[torch.dtype]:
    """What CUDA's autocast computes in, ``None`` where it is off."""
    if not torch.is_autocast_enabled():
        return None
    return torch.get_autocast_gpu_dtype()


def without_autocast_cache() -> ContextManager:
    """Go on in autocast's type, if any, but cast weights in each use: those
    that it has kept from before would be read by every replay."""
    dtype = autocast_type()
    return torch.autocast(
        'cuda', dtype, enabled=dtype is not None, cache_enabled=False)


def _same(ones: Sequence, others: Sequence) -> bool:
    return len(ones) == len(others) and all(map(is_, ones, others))
