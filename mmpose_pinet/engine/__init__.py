"""What a run needs beside the model."""
from .channels_last_hook import ChannelsLastHook

__all__ = ['ChannelsLastHook']
