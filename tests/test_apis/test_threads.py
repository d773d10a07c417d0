"""One model in many threads and processes: right, or a clear error."""
import gc
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from threading import Barrier, Event, Thread

import numpy as np
import pytest
import torch
from process_size import needs_linux, size_of

from mmpose_pinet.apis import PINet
from mmpose_pinet.datasets.drawn import draw_image

KEYS = 'keypoints', 'keypoint_scores', 'bboxes', 'bbox_scores'


@pytest.fixture(scope='module')
def images():
    return [draw_image(np.random.default_rng(i), 64)[0] for i in range(6)]


@pytest.fixture(scope='module')
def expected(config, weights, images):
    """What a model finds that nobody else asks."""
    return [*map(PINet(config, weights, 'cpu'), images)]


def same(result, other):
    return len(result) == len(other) > 0 and all(
        np.allclose(getattr(result, key), getattr(other, key), atol=1e-3)
        for key in KEYS)


def count_faults(models, images, expected, threads, rounds):
    """Ask all at once; threads take turns with models. How many results of
    how many are missing or wrong."""
    barrier = Barrier(threads)

    def ask(number):
        model = models[number % len(models)]
        barrier.wait()
        faults = 0
        for i in range(rounds):
            place = (number + i) % len(images)
            try:
                faults += not same(model(images[place]), expected[place])
            except Exception:
                faults += 1
        return faults

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(ask, range(threads))), threads * rounds


def test_a_new_model_in_eight_threads(config, weights, images, expected):
    model = PINet(config, weights, 'cpu')
    assert count_faults([model], images, expected, 8, 2) == (0, 16)


def test_two_models_in_two_threads(config, weights, images, expected):
    """Also built at the same time."""
    with ThreadPoolExecutor(2) as pool:
        models = list(
            pool.map(lambda _: PINet(config, weights, 'cpu'), range(2)))
    assert count_faults(models, images, expected, 2, 3) == (0, 6)


@pytest.mark.slow
def test_many_threads_and_new_models(config, weights, images, expected):
    faults = tries = 0
    for _ in range(5):
        model = PINet(config, weights, 'cpu')
        counts = count_faults([model], images, expected, 8, 6)
        faults, tries = faults + counts[0], tries + counts[1]
    print(f'threads: {tries} tries, {faults} faults')
    assert not faults


def test_weights_that_are_loaded_meanwhile_are_told(config, weights, images):
    """Whatever is found is of one state of the weights, or an error."""
    model = PINet(config, weights, 'cpu')
    one = {k: v.clone() for k, v in model.model.state_dict().items()}
    other = {k: v * .9 if v.is_floating_point() else v for k, v in one.items()}
    found_by = []
    for state in other, one:
        model.model.load_state_dict(state)
        found_by.append(model(images[0]))
    stop = Event()

    def swap():
        while not stop.wait(.02):
            model.model.load_state_dict(other)
            model.model.load_state_dict(one)

    thread = Thread(target=swap)
    thread.start()
    told = right = 0
    try:
        for _ in range(6):
            try:
                result = model(images[0])
            except RuntimeError as error:
                assert 'weights were loaded into this model' in str(error)
                told += 1
            else:
                assert any(same(result, found) for found in found_by)
                right += 1
    finally:
        stop.set()
        thread.join()
    assert told + right == 6 and told
    assert same(model(images[0]), found_by[1])  # as if nothing had been


def test_a_load_that_fails_leaves_a_model_that_predicts(
        config, weights, images, expected):
    model = PINet(config, weights, 'cpu')
    with pytest.raises(RuntimeError, match='Missing key'):
        model.model.load_state_dict({})
    assert same(model(images[0]), expected[0])


def _in_child(images):
    return [*map(_MODEL, images)]


def _start(config, weights):
    global _MODEL
    torch.set_num_threads(1)
    _MODEL = PINet(config, weights, 'cpu')


@pytest.mark.slow
def test_spawned_workers(config, weights, images, expected):
    with ProcessPoolExecutor(1, multiprocessing.get_context('spawn'), _start,
                             (config, weights)) as pool:
        results = pool.submit(_in_child, images[:2]).result(timeout=120)
    assert all(map(same, results, expected))


@needs_linux
@pytest.mark.slow
def test_two_thousand_requests_keep_memory_and_handles(config, weights,
                                                       images):
    model = PINet(config, weights, 'cpu')

    def ask(count):
        with ThreadPoolExecutor(2) as pool:
            for _ in pool.map(model, images * (count // len(images))):
                pass
        gc.collect()
        return size_of()

    ask(300)  # allocators and libraries take what they keep
    before = ask(100)
    after = ask(2000)
    print(f'MB and handles before {before}, after {after}')
    assert after[0] < before[0] + 10
    assert after[1] <= before[1]
