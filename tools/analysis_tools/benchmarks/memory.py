"""The most memory that a call holds at once.

On CUDA the allocator's own peak. On the CPU the highest sum of what PyTorch's
profiler saw taken and given back. What was held before the call does not
count, and on the CPU neither does what libraries keep for themselves.
"""
import json
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Callable

import torch
from torch.profiler import ProfilerActivity, profile


def peak_memory(call: Callable, device: torch.device) -> int:
    """Measure the bytes above what was held before, on this device.

    Args:
        call (callable): Runs once; call it before, so that nothing is set up.
        device (torch.device): Whose memory is looked at.

    Returns:
        int: Bytes.
    """
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        call()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before

    with profile(
            activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        call()
    with TemporaryDirectory() as folder:
        trace = Path(folder, 'trace.json')
        record.export_chrome_trace(str(trace))
        events = json.loads(trace.read_text())['traceEvents']
    events = [event for event in events if event.get('name') == '[memory]']
    events.sort(key=lambda event: event['ts'])
    return max(accumulate(event['args']['Bytes'] for event in events))
