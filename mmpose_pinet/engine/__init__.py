"""What a run needs beside the model."""
from .channels_last_hook import ChannelsLastHook
from .cuda_graphs_hook import CudaGraphsHook
from .person_visualization_hook import PersonVisualizationHook
from .run_check_hook import RunCheckHook
from .start_weights_hook import StartWeightsHook

__all__ = [
    'ChannelsLastHook', 'CudaGraphsHook', 'PersonVisualizationHook',
    'RunCheckHook', 'StartWeightsHook'
]
