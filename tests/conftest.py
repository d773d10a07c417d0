"""Settings that all tests share."""
import torch
from hypothesis import settings

# before any test imports MMPose: with mmcv-lite, it makes MMPose importable
import mmpose_pinet  # noqa: F401

# the same examples on every run, on machines of any speed
settings.register_profile(
    'repeatable', max_examples=30, deadline=None, derandomize=True)
settings.load_profile('repeatable')

# small models gain nothing from threads, and lose much on a busy machine
torch.set_num_threads(1)
