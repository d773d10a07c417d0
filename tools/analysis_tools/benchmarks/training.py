"""One training step: forward, backward and optimizer.

The whole, what refinement and a dense head would change, and the backbone by
itself, as a bound that no head can pass.
"""
from copy import deepcopy
from functools import partial
from typing import List

import mmpose_pinet  # noqa: F401  before MMPose, for environments without ops

# isort: split
import torch
from mmengine.optim import build_optim_wrapper
from torch.cuda.amp import GradScaler

from mmpose_pinet.engine.cuda_graphs_hook import ReplayedForward

from .dense_head import DensePINetHead, add_dense_targets
from .memory import peak_memory
from .models import Setting, build_ours
from .people import train_batch
from .table import Row
from .timing import measure

PEOPLE = 8  # in each image
AMP = dict(bf16=torch.bfloat16, fp16=torch.float16)


class TrainingStep:
    """Hold a model, its optimizer and a batch; a call is one step.

    Args:
        setting (Setting): What is benchmarked.
        precision (str): ``'fp32'``, or an autocast type of ``AMP``.
        **changes: To the config of the head.
    """

    def __init__(self, setting: Setting, precision: str, **changes) -> None:
        cfg = deepcopy(setting.cfg)
        cfg.model.head.update(changes)
        self.device = setting.device
        self.model = build_ours(cfg, setting.device, 'train')
        if setting.device.type == 'cuda':
            cfg.optim_wrapper.optimizer.fused = True
        self.optimizer = build_optim_wrapper(self.model,
                                             cfg.optim_wrapper).optimizer
        self.scaler = GradScaler(enabled=precision == 'fp16')
        self.data = train_batch(setting.shape, setting.batch,
                                self.model.head.decoder, PEOPLE)
        self.autocast = partial(
            torch.autocast,
            setting.device.type,
            AMP.get(precision),
            enabled=precision in AMP)

    def __call__(self) -> None:
        """Let a batch arrive and change the weights."""
        samples = self.data['data_samples']
        dense = isinstance(self.model.head, DensePINetHead)
        if dense or self.device.type == 'cpu':
            # what arrives is memory of the step, sparse or dense
            samples = [sample.clone() for sample in samples]
        if dense:
            add_dense_targets(samples, self.model.head.decoder.num_parts)
        data = self.model.data_preprocessor(
            dict(self.data, data_samples=samples), training=True)
        with self.autocast():
            losses = self.model(**data, mode='loss')
        loss, _ = self.model.parse_losses(losses)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()

    def replay_backbone(self) -> None:
        """Let the backbone replay its passes from now on."""
        backbone = self.model.backbone
        backbone.forward = ReplayedForward(backbone)

    def backbone(self) -> None:
        """Run the backbone alone, forward and backward."""
        data = self.model.data_preprocessor(self.data, training=True)
        with self.autocast():
            maps = self.model.backbone(data['inputs'])
        torch.autograd.backward(maps, [torch.ones_like(x) for x in maps])
        self.optimizer.zero_grad()


def run(setting: Setting) -> List[Row]:
    """Measure fp32, and each autocast type that is asked for."""
    rows = []
    for precision in ('fp32', *setting.amp):
        ours, without, dense = (
            TrainingStep(setting, precision, **changes)
            for changes in ({}, dict(refinement=None),
                            dict(type='DensePINetHead')))
        calls = dict(
            ours=ours, without=without, dense=dense, backbone=ours.backbone)
        if setting.device.type == 'cuda':
            calls['replayed'] = TrainingStep(setting, precision)
            calls['replayed'].replay_backbone()
        seconds = measure(calls, setting.repeats, setting.device,
                          f'training, {precision}')
        share = 1 - seconds['without'] / seconds['ours']
        row = partial(Row, 'training')
        rows += [
            row(f'step, {setting.batch} images of {PEOPLE}, {precision}', 's',
                seconds['ours'], 'dense head', seconds['dense']),
            row('  against forward, backward of backbone', 's',
                seconds['ours'], 'backbone alone', seconds['backbone']),
            *(row('  with CudaGraphsHook', 's', seconds[name],
                  'backbone alone', seconds['backbone'])
              for name in calls if name == 'replayed'),
            row('  share of refinement', 'share', share),
            row('  peak memory', 'byte', peak_memory(ours, setting.device),
                'dense head', peak_memory(dense, setting.device)),
        ]
    return rows
