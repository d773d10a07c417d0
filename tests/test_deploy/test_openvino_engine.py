"""OpenVINO computes coordinates in float32, whatever the network does in."""
import os
import signal
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from small_files import MOVES, REST, candidates, draw_images, write

from mmpose_pinet.deploy import openvino_engine
from mmpose_pinet.deploy.openvino_engine import OpenVinoEngine, core_of

CORE = core_of(os.getpid())
needs_bf16 = pytest.mark.skipif(
    'BF16' not in CORE.get_property('CPU', 'OPTIMIZATION_CAPABILITIES'),
    reason='the processor has no bfloat16')


@pytest.fixture(scope='module')
def file(tmp_path_factory):
    return write(tmp_path_factory.mktemp('files') / 'small.onnx')


def precisions(engine):
    """Of the operations that compute, as OpenVINO runs them: how many there
    are of each kind and precision."""
    found = Counter()
    for steps in engine._steps.values():
        for step in steps:
            graph = step.request.get_compiled_model().get_runtime_model()
            for operation in graph.get_ops():
                info = operation.get_rt_info()
                kind = info['layerType'].astype(str)
                found[kind, info['runtimePrecision'].astype(str)] += 1
    return found


def rounding_of_coordinates(keypoints):
    """How far poses are from all that displacements in float32 can give."""
    moves = (keypoints - REST).reshape(-1, 24)
    light = np.linalg.lstsq(MOVES.T, moves.T, rcond=None)[0]
    return np.abs(moves - light.T @ MOVES).max()


@needs_bf16
@pytest.mark.parametrize('number', [1, 2])
def test_coordinates_stay_in_float32(file, number):
    """A displacement of 60 px has quarters of a px in bfloat16."""
    images = draw_images(number)
    engine = OpenVinoEngine(file, 'bf16', 1)
    engine(draw_images(1))  # so that 2 images are run by steps for any shape
    found = engine(images).keypoints
    # brightness is rounded to some 2 thousandths
    np.testing.assert_allclose(found, candidates(images)[0], atol=.3)
    assert rounding_of_coordinates(found) < 2e-3  # corrections are rounded
    assert precisions(engine)['Convolution', 'bf16'] == len(engine._steps)
    assert precisions(engine)['Convolution', 'f32'] == 0


@needs_bf16
def test_in_one_piece_coordinates_would_be_rounded(file):
    whole = CORE.compile_model(
        str(file), 'CPU', dict(INFERENCE_PRECISION_HINT='bf16'))
    assert rounding_of_coordinates(whole(draw_images(1))['keypoints']) > .02


def test_steps_for_the_first_shape_and_for_all_others(file):
    engine = OpenVinoEngine(file, 'fp32', 1)
    for number in 2, 1, 3, 2:
        engine(draw_images(number))
    assert list(engine._steps) == [(2, 64, 64, 3), None]


def test_a_processor_without_bfloat16(file, monkeypatch):

    class Old:

        def get_property(self, *names):
            return ['FP32', 'INT8']

    monkeypatch.setattr(openvino_engine, 'core_of', lambda process: Old())
    with pytest.raises(ValueError, match=r"\['fp32'\].*not 'bf16'"):
        OpenVinoEngine(file, 'bf16', None)


REPLACED = """
import signal
import sys
from mmpose_pinet.deploy.openvino_engine import OpenVinoEngine

signal.signal(signal.SIGUSR1, lambda *_: print('told'))
old = OpenVinoEngine(sys.argv[1], 'fp32', 1)
new = OpenVinoEngine(sys.argv[1], 'fp32', 1)
del old
del new
signal.raise_signal(signal.SIGUSR1)
"""


@pytest.mark.skipif(not hasattr(signal, 'SIGUSR1'), reason='has no signals')
def test_a_process_that_replaced_its_model_can_be_signalled(file):
    done = subprocess.run([sys.executable, '-c', REPLACED,
                           str(file)],
                          capture_output=True,
                          text=True)
    assert (done.returncode, done.stdout) == (0, 'told\n'), done.stderr


def test_a_forked_process_has_a_core_of_its_own():
    assert core_of(1) is core_of(1) is not core_of(2)
