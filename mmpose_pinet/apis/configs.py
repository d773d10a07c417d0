"""Configs and their options, as commands and tools get them."""
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import List, Optional, Sequence, Union

from mmengine.config import Config, ConfigDict, DictAction

from mmpose_pinet.command_line import BadArgument

from .zoo import find_config


class ConfigOptions(DictAction):
    """MMEngine's reading of ``KEY=VALUE``, which refuses what is none."""

    def __call__(self,
                 parser: ArgumentParser,
                 namespace: Namespace,
                 values: Optional[Sequence[str]],
                 option_string: Optional[str] = None) -> None:
        for value in values or []:
            key, equals, _ = value.partition('=')
            if not key or not equals:
                parser.error(f'{option_string}: {value!r} is not of the form '
                             'KEY=VALUE')
            try:
                super().__call__(parser, namespace, [value], option_string)
            except AssertionError as error:  # brackets
                parser.error(f'{option_string}: {value!r}: {error}')


def read_options(arguments: List[str], command: str) -> dict:
    """Read ``KEY=VALUE`` as ``--cfg-options`` of train and test do.

    Args:
        arguments (list[str]): The values of the option.
        command (str): That an error names; it ends the process.

    Returns:
        dict: Values by key.
    """
    parser = ArgumentParser(command, usage=f'{command} --help')
    parser.add_argument(
        '--cfg-options', nargs='*', action=ConfigOptions, default={})
    options = parser.parse_args(['--cfg-options', *arguments])
    return options.cfg_options


def load_config(config: Union[str, Path],
                options: Optional[dict] = None) -> Config:
    """Load the config of a model.

    Args:
        config (str | Path): Its path, or its name, see :func:`find_config`.
        options (dict, optional): Keys of it and other values.

    Returns:
        Config: With a ``model``.

    Raises:
        ValueError: If there is no such config, it is none, or it has no
            model. A config is Python: what it runs may raise anything else.
    """
    path = find_config(str(config))
    try:
        cfg = Config.fromfile(path)
    except (SyntaxError, NameError, ValueError, OSError) as error:
        raise BadArgument(f'{path} cannot be read as a config: '
                          f'{type(error).__name__}: {error}') from error
    merge_options(cfg, options)
    if not isinstance(cfg.get('model'), ConfigDict):
        raise BadArgument(f'{path} is no config of a model: its `model` is '
                          f'{cfg.get("model")}')
    return cfg


def merge_options(cfg: Config, options: Optional[dict]) -> None:
    """Set keys of a config, in place.

    Args:
        cfg (Config): Of a file.
        options (dict, optional): Values by key, as ``'model.head.type'``.

    Raises:
        ValueError: If there is no such place in the config.
    """
    try:
        cfg.merge_from_dict(options or {})
    except (KeyError, TypeError) as error:
        raise BadArgument(f'{cfg.filename} has no place for one of '
                          f'{options}: {error}') from error
