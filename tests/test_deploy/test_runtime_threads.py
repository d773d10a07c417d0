"""An exported file in many threads, pictures of several shapes."""
from concurrent.futures import ThreadPoolExecutor
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
