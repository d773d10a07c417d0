"""A test computes in 16 bit where asked to and where that is fast."""
import numpy as np
import pytest
import torch
from mmengine.runner import Runner
from slim_model import build, read_config
from test_batched_bottomup import pack, test_step

from mmpose_pinet.models.pose_estimators import precision
from mmpose_pinet.models.pose_estimators.precision import (check_precision,
                                                           native_precisions)

CPU = torch.device('cpu')
INTEL = 'flags\t\t: fpu avx512f avx512_fp16 {} amx_tile\n'
ARM = 'Features\t: fp asimd {} i8mm\n'


@pytest.fixture
def cpu(tmp_path, monkeypatch):
    """Writes what the CPU is said to have."""

    def write(text):
        file = tmp_path / f'cpuinfo{len(list(tmp_path.iterdir()))}'
        file.write_text(text)
        monkeypatch.setattr(precision, 'CPUINFO', file)

    return write


@pytest.mark.parametrize('text', [
    INTEL.format('amx_bf16'),
    INTEL.format('avx512_bf16'),
    ARM.format('bf16'),
])
def test_a_cpu_with_bfloat16(cpu, text):
    cpu(text)
    assert native_precisions(CPU) == ['fp32', 'bf16']
    check_precision('bf16', CPU)


@pytest.mark.parametrize('text', [INTEL.format(''), ARM.format('svebf16')])
def test_a_cpu_without_bfloat16(cpu, text):
    cpu(text)
    with pytest.raises(ValueError, match="'bf16': this CPU has no instructi"):
        check_precision('bf16', CPU)
    check_precision('fp32', CPU)


def test_a_system_that_does_not_tell_what_its_cpu_has(tmp_path, monkeypatch):
    monkeypatch.setattr(precision, 'CPUINFO', tmp_path / 'none')
    with pytest.raises(ValueError, match="cannot be told.*one of .'fp32'."):
        check_precision('bf16', CPU)


@pytest.mark.parametrize('capability, native', [
    ((9, 0), ['fp32', 'bf16', 'fp16']),
    ((8, 0), ['fp32', 'bf16', 'fp16']),
    ((7, 5), ['fp32', 'fp16']),
])
def test_a_gpu(monkeypatch, capability, native):
    monkeypatch.setattr(torch.cuda, 'get_device_capability',
                        lambda device: capability)
    assert native_precisions(torch.device('cuda:0')) == native


def test_another_device_has_float32_alone():
    with pytest.raises(ValueError, match="this MPS .*one of .'fp32'."):
        check_precision('bf16', torch.device('mps'))


# --- the model --------------------------------------------------------------


def in_precision(name):
    model = build()
    model.test_cfg.precision = name
    return model


@pytest.mark.parametrize('name, problem', [
    ('fp16', 'has no instructions'),
    ('half', "'half' is unknown"),
])
def test_a_run_is_refused_before_it_starts(tmp_path, monkeypatch, name,
                                           problem):
    monkeypatch.setattr(precision, 'native_precisions', lambda _: ['fp32'])
    cfg = read_config()
    cfg.model.test_cfg.precision = name
    with pytest.raises(ValueError, match=problem):
        Runner(
            cfg.model,
            str(tmp_path),
            experiment_name=name,
            default_scope='mmpose',
            log_level='ERROR')


def test_a_change_after_the_model_was_placed_is_refused_too(cpu):
    cpu(INTEL.format(''))
    with pytest.raises(ValueError, match="'bf16': this CPU"):
        test_step(in_precision('bf16'), pack((128, 128)))


def test_bfloat16_finds_much_the_same(cpu):
    """PyTorch computes it on any CPU, if slowly."""
    cpu(INTEL.format('amx_bf16'))
    batch = pack((128, 128), (128, 128), (128, 192))
    for exact, rough in zip(
            test_step(in_precision('fp32'), batch),
            test_step(in_precision('bf16'), batch)):
        gaps = np.linalg.norm(
            exact.keypoints[:, None] - rough.keypoints[None], axis=-1).mean(-1)
        assert 0 < np.median(gaps.min(1)) < 1


def test_layers_compute_in_bfloat16_and_displacements_do_not(cpu):
    cpu(INTEL.format('amx_bf16'))
    model = in_precision('bf16')
    dtypes = {}

    def note(name):

        def hook(module, inputs, out):
            dtypes[name] = out.dtype

        return hook

    folded = model._folded_backbone.of(model.backbone, torch.bfloat16)
    folded.conv2.register_forward_hook(note('backbone'))
    model.head.displacement_layer.register_forward_hook(note('displacement'))
    model.head.refinement.predict.register_forward_hook(note('refinement'))
    test_step(model, pack((128, 128)))
    assert dtypes == dict(
        backbone=torch.bfloat16,
        displacement=torch.float32,
        refinement=torch.bfloat16)


def test_training_is_left_alone(cpu, monkeypatch):
    cpu(INTEL.format('amx_bf16'))
    model = in_precision('bf16').train()
    seen = []
    monkeypatch.setattr(
        model.head, 'loss',
        lambda feats, *_, **__: seen.extend(f.dtype for f in feats) or {})
    model(torch.rand(2, 3, 64, 64), [], mode='loss')
    assert set(seen) == {torch.float32}
