"""What a run needs beside the model."""
from .channels_last_hook import ChannelsLastHook
from .cuda_graphs_hook import CudaGraphsHook
from .epoch_seed_hook import EpochSeedHook
from .finite_loss_hook import FiniteLossHook
from .person_visualization_hook import PersonVisualizationHook
from .run_check_hook import RunCheckHook
from .start_weights_hook import StartWeightsHook
from .weights_fit_hook import WeightsFitHook
from .whole_checkpoint_hook import WholeCheckpointHook
from .work_dir_lock_hook import WorkDirLockHook

__all__ = [
    'ChannelsLastHook', 'CudaGraphsHook', 'EpochSeedHook', 'FiniteLossHook',
    'PersonVisualizationHook', 'RunCheckHook', 'StartWeightsHook',
    'WeightsFitHook', 'WholeCheckpointHook', 'WorkDirLockHook'
]
