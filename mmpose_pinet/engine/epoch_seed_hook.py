"""Random numbers of an epoch that depend on nothing before it."""
import random

import numpy as np
import torch
from mmengine.dataset import worker_init_fn
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Seed each epoch by itself, so that a training that was stopped and
    resumed is the one that was not.

    The main process of each rank is seeded by the run's seed, the rank and
    the step that the epoch begins with. A validation in between, or a start
    from a checkpoint, changes nothing. PyTorch seeds new workers from the
    main process: each epoch differs, where MMEngine gives workers the same
    seed in each. Workers that live on (``persistent_workers=True``) keep
    their own random state, which a resumed training cannot have.
    """

    def before_train(self, runner: Runner) -> None:
        """Leave workers to PyTorch, and the order of samples to the seed
        that the run was resumed with, if it has none of its own."""
        loader = runner.train_dataloader
        if getattr(loader.worker_init_fn, 'func', None) is worker_init_fn:
            loader.worker_init_fn = None
        sampler = getattr(loader.batch_sampler, 'sampler', None)
        # with `diff_rank_seed` the ranks agree on another one
        if hasattr(
                sampler,
                'seed') and not runner._randomness_cfg.get('diff_rank_seed'):
            sampler.seed = runner.seed

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed what the main process draws."""
        seed, = np.random.SeedSequence([runner.seed, runner.rank,
                                        runner.iter]).generate_state(1)
        random.seed(int(seed))
        np.random.seed(seed)
        torch.manual_seed(int(seed))
