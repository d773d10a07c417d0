"""A folder takes one training at a time, whatever became of the last one."""
import time

import pytest
from tiny_training import build_runner, start_training


def test_a_second_training_is_refused_until_the_first_is_killed(tmp_path):
    folder = tmp_path / 'run'
    # its workers live on for seconds, and must not hold the folder
    first = start_training(
        folder, epochs=10**6, **{'train_dataloader.num_workers': 2})
    while not list(folder.glob('*.pth')):
        assert first.is_alive()
        time.sleep(.05)
    with pytest.raises(BlockingIOError) as error:
        build_runner(folder, 1, experiment_name='second').train()
    text = str(error.value)
    assert text.startswith(f'{folder} is taken: process {first.pid} on ')
    assert 'a --work-dir of its own' in text
    first.kill()
    first.join()
    build_runner(folder, 1, experiment_name='third').train()


def test_one_process_may_train_there_twice(tmp_path):
    for name in ('one', 'two'):
        build_runner(tmp_path, 1, experiment_name=f'twice_{name}').train()
