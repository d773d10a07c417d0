"""What a run needs beside the model."""
from .channels_last_hook import ChannelsLastHook
from .person_visualization_hook import PersonVisualizationHook

__all__ = ['ChannelsLastHook', 'PersonVisualizationHook']
