"""An exported file in many threads, pictures of several shapes."""
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from small_files import draw_images, write

from mmpose_pinet.deploy.runtime import PINetRuntime

THREADS, ROUNDS = 8, 12


@pytest.mark.parametrize('engine', ['onnxruntime', 'openvino'])
def test_one_file_in_eight_threads(tmp_path, engine):
    file = write(tmp_path / 'small.onnx')
    images = [
        *draw_images(4), *draw_images(4, 64, 128), *draw_images(4, 128, 64)
    ]
    alone = PINetRuntime(file, engine, threads=1)
    expected = [*map(alone, images)]
    assert len({len(result) for result in expected} | {0}) > 1
    shared = PINetRuntime(file, engine, threads=1)
    barrier = Barrier(THREADS)

    def ask(number):
        barrier.wait()
        for i in range(ROUNDS):
            place = (5 * number + i) % len(images)
            result, other = shared(images[place]), expected[place]
            np.testing.assert_allclose(
                result.keypoints, other.keypoints, atol=1e-3)
            np.testing.assert_allclose(result.bbox_scores, other.bbox_scores)
        return ROUNDS

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(ask, range(THREADS))) == THREADS * ROUNDS


def _in_child(image):
    return _MODEL(image)


@pytest.mark.slow
@pytest.mark.parametrize('engine', ['onnxruntime', 'openvino'])
@pytest.mark.parametrize('threads', [None, 1, 2])
def test_a_forked_worker(tmp_path, engine, threads):
    """By one thread it works, by more it says what to do."""
    global _MODEL
    image, = draw_images(1)
    _MODEL = PINetRuntime(write(tmp_path / 'a.onnx'), engine, threads=threads)
    expected = _MODEL(image)
    with ProcessPoolExecutor(1, multiprocessing.get_context('fork')) as pool:
        answer = pool.submit(_in_child, image)
        if threads == 1:
            np.testing.assert_array_equal(
                answer.result(timeout=60).keypoints, expected.keypoints)
        else:
            with pytest.raises(RuntimeError, match='PINetRuntime in each'):
                answer.result(timeout=60)
