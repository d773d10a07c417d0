"""Trains and tests a model with several seeds, and takes means."""
from copy import deepcopy
from functools import partial
from statistics import mean
from typing import List, Optional, Sequence

from mmengine.config import Config

from .costs import read_training, time_test
from .runs import Runs, test_name, training_name


def give_seeds(cfg: Config,
               seeds: Optional[Sequence[int]] = None) -> List[Config]:
    """Copy a config for each seed.

    Args:
        cfg (Config): To train and to test a model.
        seeds (list[int], optional): Of weights, order and augmentation. By
            default the config's own, or 0.

    Returns:
        list[Config]: One for each seed that differs from those before.
    """
    randomness = cfg.get('randomness', {})
    copies = []
    for seed in dict.fromkeys(seeds or [randomness.get('seed') or 0]):
        copies.append(deepcopy(cfg))
        copies[-1].randomness = dict(randomness, seed=seed)
    return copies


def measure(cfg: Config, runs: Runs) -> dict:
    """Train and test a model with one seed.

    Args:
        cfg (Config): In the base's setting, with its seed.
        runs (Runs): Where trainings and tests are.

    Returns:
        dict: ``seed``; ``training`` and ``test``, names of folders;
        ``metrics`` of the test, and ``costs`` of both.

    Raises:
        SystemExit: If the training or the test fails.
    """
    metrics = runs.test(cfg)
    training = read_training(runs.out / training_name(cfg),
                             cfg.train_dataloader.batch_size * runs.processes)
    timed = runs.once('timed', test_name(cfg),
                      partial(time_test, cfg, runs.train(cfg)))
    return dict(
        seed=cfg.randomness.seed,
        training=training_name(cfg),
        test=test_name(cfg),
        metrics=metrics,
        costs=dict(timed, **training))


def average(seeds: Sequence[dict]) -> dict:
    """Average what was measured with several seeds.

    Args:
        seeds (list[dict]): Numbers, or curves: lists of pairs of the epoch
            and the number.

    Returns:
        dict: The means of what all seeds have; of a curve, at those epochs
        that all have.
    """
    common = [key for key in seeds[0] if all(key in seed for seed in seeds)]
    return {
        key: (_average_curves if isinstance(seeds[0][key], list) else mean)(
            [seed[key] for seed in seeds])
        for key in common
    }


def _average_curves(curves: Sequence[List[list]]) -> List[list]:
    by_epoch = [dict(map(tuple, curve)) for curve in curves]
    return [[epoch, mean(curve[epoch] for curve in by_epoch)]
            for epoch, _ in curves[0]
            if all(epoch in curve for curve in by_epoch)]
