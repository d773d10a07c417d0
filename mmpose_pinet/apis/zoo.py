"""The configs that the package carries, by name, and what is known of them."""
from difflib import get_close_matches
from pathlib import Path
from typing import Dict, List

import yaml

from mmpose_pinet.command_line import BadArgument

# Where MMEngine, mim and MMPose's inferencer look as well. In a repository
# it holds links to the folders there.
ZOO = Path(__file__).parents[1] / '.mim'


def config_files() -> Dict[str, Path]:
    """List the configs that the package carries.

    Returns:
        dict[str, Path]: File of each config, by its name without ``.py``.
    """
    files = sorted((ZOO / 'configs').resolve().glob('[!_]*/**/*.py'))
    return {file.stem: file for file in files}


def find_config(config: str) -> str:
    """Find a config by its path or its name.

    Args:
        config (str): Path of a config, or the name of one that the package
            carries, without ``.py``: ``'pinet_hrnet-w32_ochuman'``.

    Returns:
        str: Path of the config.

    Raises:
        ValueError: If there is no such file and no such name.
    """
    if Path(config).is_file():
        return config
    files = config_files()
    if config in files:
        return str(files[config])
    path = Path(config)
    if path.suffix or len(path.parts) > 1:
        problem = f'There is no file {config!r}.'
    else:
        problem = f'No config has the name {config!r}.'
    close = get_close_matches(path.stem, files)
    names = ', '.join(close) or 'pinet models lists them'
    raise BadArgument(f'{problem} Give the path of a config, or a name '
                      f'(without .py): {names}')


def models() -> List[dict]:
    """Read what the metafiles tell of the models.

    Returns:
        list[dict]: One a model, with the keys of the metafiles: Name, Config
        (below ``.mim``), In Collection, Weights (None where none are
        published), Metadata and, where there are any, Results.
    """
    index = yaml.safe_load((ZOO / 'model-index.yml').read_text())
    return [
        model for metafile in index['Import']
        for model in yaml.safe_load((ZOO / metafile).read_text())['Models']
    ]
