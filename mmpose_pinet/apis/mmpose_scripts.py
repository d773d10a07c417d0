"""Runs MMPose's own scripts with PINet registered.

MMPose ships its tools and demos in its wheel: they run as they are, argument
for argument. Where mmcv has no compiled ops, they run all the same. On a
machine with no GPU, train.py and test.py get what MMEngine and PyTorch need
there.
"""
import argparse
import os
import runpy
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import List

import mmpose
from mmengine.device import get_device
from torch.distributed import is_torchelastic_launched

from mmpose_pinet.command_line import BadArgument, output_folder
from mmpose_pinet.compat.checkpoints import check_checkpoint_file
from mmpose_pinet.system.parent import end_with_parent

from .configs import ConfigOptions, load_config
from .cpu_runs import cpu_arguments
from .first_failure import tell_first_failure
from .zoo import config_files, find_config

# MMPose's scripts that run a config from end to end.
_RUNS = ('train.py', 'test.py')


def run_script(script: str, arguments: List[str]) -> None:
    """Run a script as ``python SCRIPT ARGUMENTS`` would, with PINet
    registered. It sees its own ``sys.argv``, and imports what lies beside it.

    Args:
        script (str): One of MMPose's tools and demos, by its name or the end
            of its path (``train.py``, ``misc/browse_dataset.py``), or the
            path of any other script.
        arguments (list[str]): What it is called with. A config that comes
            first, as in most of MMPose's, may also be a name of
            :func:`~mmpose_pinet.apis.zoo.find_config`.

    Raises:
        ValueError: If there is no such script, or the config, checkpoint or
            work dir of train.py and test.py is none.
        FileNotFoundError: If MMPose was installed without its scripts, or
            there is no such checkpoint.
    """
    path = _find(script)
    arguments = list(arguments)
    is_run = path in [_root_of_mmpose() / 'tools' / name for name in _RUNS]
    first = arguments[0] if arguments else '-'
    if first in config_files() or is_run and not first.startswith('-'):
        arguments[0] = find_config(first)
    if is_run:
        _check_run(path.name, arguments)
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.parent))
    run = runpy.run_path
    if is_run and is_torchelastic_launched():
        # torchrun that is killed cannot end its processes
        end_with_parent(os.getppid())
        run = tell_first_failure(run)
    if is_run and get_device() == 'cpu':
        parsed = runpy.run_path(str(path))['parse_args']()
        sys.argv += cpu_arguments(parsed)
    run(str(path), run_name='__main__')


def _check_run(script: str, arguments: List[str]) -> None:
    """Raise what train.py and test.py would tell in a traceback, or after
    minutes. Arguments before the config are left to them."""
    parser = argparse.ArgumentParser(script, add_help=False)
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions)
    parser.add_argument('--work-dir', type=output_folder)
    parser.add_argument('--resume', nargs='?')
    args, _ = parser.parse_known_args(arguments)
    if not arguments or arguments[0].startswith('-'):
        return
    load_config(arguments[0], args.cfg_options)
    checkpoints = arguments[1:2] if script == 'test.py' else [args.resume]
    for checkpoint in checkpoints:
        # others are addresses, which MMEngine knows several kinds of
        if checkpoint and checkpoint != 'auto' and '://' not in checkpoint:
            check_checkpoint_file(checkpoint)


def _find(script: str) -> Path:
    """MMPose's script of that name, or the file at that path. A name alone
    means MMPose's, where both are there."""
    own = Path(script)
    if own.is_file() and os.path.dirname(script):
        return own
    root = _root_of_mmpose()
    scripts = [
        file for folder in ('tools', 'demo')
        for file in sorted((root / folder).rglob('*.py'))
    ]
    found = [
        file for file in scripts
        if file.relative_to(root).parts[-len(own.parts):] == own.parts
    ]
    if len(found) == 1:
        return found[0]
    if not found and own.is_file():
        return own
    close = get_close_matches(own.name, [file.name for file in scripts])
    names = [str(file.relative_to(root)) for file in found] or close
    raise BadArgument(
        f'{script!r} is no file, and not one of the scripts of MMPose '
        f'{mmpose.__version__}: {", ".join(names) or "none is like it"}')


def _root_of_mmpose() -> Path:
    package = Path(mmpose.__file__).resolve().parent
    # Installed as a wheel, and in place from a clone.
    roots = [package / '.mim', package.parent]
    for root in roots:
        if (root / 'tools/train.py').is_file():
            return root
    raise FileNotFoundError(
        f'MMPose {mmpose.__version__} has its tools neither in {roots[0]} nor '
        f'in {roots[1]}. Install MMPose from its wheel (pip install --no-deps '
        'mmpose) or in place from a whole clone.')
